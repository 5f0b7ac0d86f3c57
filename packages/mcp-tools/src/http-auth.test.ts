import { createHmac } from 'node:crypto';
import { createFakeClock } from '@fieldkit/core/testing';
import { describe, expect, it } from 'vitest';
import { createAuthorizer, type HttpAuth } from './http-auth.ts';

const request = {
  method: 'POST',
  url: 'https://api.example/v1/orders?x=1',
  headers: { accept: 'application/json' },
  body: '{"a":1}',
};
const noFetch: typeof fetch = () => Promise.reject(new Error('not expected'));
const oauth: HttpAuth = {
  kind: 'oauth',
  tokenUrl: 'https://login.example/token',
  clientId: 'id:1',
  clientSecret: 's3cret/+',
  scope: 'read',
  audience: 'orders',
};

/** A token endpoint; the answers in order. */
function tokens(answers: readonly Response[]) {
  const calls: { authorization: string | null; body: string }[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const sent = new Request(input, init);
    calls.push({ authorization: sent.headers.get('authorization'), body: await sent.text() });
    const answer = answers[calls.length - 1];
    if (answer === undefined) throw new Error('asked too often');
    return answer;
  };
  return { fetch, calls };
}
const token = (value: string, seconds = 300) =>
  Response.json({ access_token: value, token_type: 'Bearer', expires_in: seconds });

describe('createAuthorizer', () => {
  it.each<[HttpAuth, Record<string, string>, string]>([
    [{ kind: 'none' }, {}, request.url],
    [{ kind: 'bearer', token: 't' }, { authorization: 'Bearer t' }, request.url],
    [
      { kind: 'basic', username: 'ü', password: 'p:w' },
      { authorization: `Basic ${Buffer.from('ü:p:w').toString('base64')}` },
      request.url,
    ],
    [{ kind: 'key', in: 'header', name: 'X-Api-Key', value: 'k' }, { 'x-api-key': 'k' }, request.url],
    [{ kind: 'key', in: 'query', name: 'key', value: 'a&b' }, {}, `${request.url}&key=a%26b`],
  ])('adds what %j asks for', async (auth, headers, url) => {
    expect(await createAuthorizer(auth, noFetch).apply(request)).toEqual({ url, headers });
  });

  it('lets a hook sign the whole request', async () => {
    const sign = ({
      method,
      url,
      body,
    }: typeof request | { method: string; url: string; body: string | undefined }) => ({
      'x-signature': createHmac('sha256', 'k').update(`${method}\n${url}\n${body}`).digest('hex'),
    });
    const { headers } = await createAuthorizer({ kind: 'sign', sign }, noFetch).apply(request);
    expect(headers['x-signature']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('fetches one token for all who wait, keeps it until shortly before its end, and fetches another after a refusal', async () => {
    const clock = createFakeClock();
    const { fetch, calls } = tokens([token('one'), token('two'), token('three')]);
    const authorizer = createAuthorizer(oauth, fetch, clock);
    const both = await Promise.all([authorizer.apply(request), authorizer.apply(request)]);
    expect(both.map(({ headers }) => headers.authorization)).toEqual(['Bearer one', 'Bearer one']);
    expect(calls).toEqual([
      {
        authorization: `Basic ${Buffer.from('id%3A1:s3cret%2F%2B').toString('base64')}`,
        body: 'grant_type=client_credentials&scope=read&audience=orders',
      },
    ]);
    await clock.advance(269_999);
    expect((await authorizer.apply(request)).headers.authorization).toBe('Bearer one');
    await clock.advance(1);
    expect((await authorizer.apply(request)).headers.authorization).toBe('Bearer two');
    expect(authorizer.renew()).toBe(true);
    expect(authorizer.renew()).toBe(false);
    expect((await authorizer.apply(request)).headers.authorization).toBe('Bearer three');
  });

  it.each<[string, Response, string]>([
    ['refuses', Response.json({ error: 'invalid_client' }, { status: 401 }), 'TOOL_FORBIDDEN'],
    ['fails', new Response('oops', { status: 503 }), 'TOOL_UNAVAILABLE'],
    ['gives no token', Response.json({}), 'TOOL_FORBIDDEN'],
    ['gives no JSON', new Response('<html>'), 'TOOL_FORBIDDEN'],
  ])('says so when the token endpoint %s, without the secret', async (_, answer, code) => {
    const authorizer = createAuthorizer(oauth, tokens([answer]).fetch);
    const error: unknown = await authorizer.apply(request).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining('login.example') });
    expect(String(error)).not.toContain('s3cret');
  });

  it('tries again after the token endpoint could not be reached', async () => {
    const authorizer = createAuthorizer(oauth, noFetch);
    await expect(authorizer.apply(request)).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    await expect(authorizer.apply(request)).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
  });
});
