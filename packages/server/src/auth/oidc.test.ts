import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestProject, type TestProject, testServer } from '../testing/test-project.ts';

/** An identity provider on a port: discovery, its keys, and tokens signed by them. */
async function startProvider() {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
  let issuer = '';
  const provider = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
    } else response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const address = provider.address();
  issuer = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  return {
    issuer,
    sign: (
      claims: Record<string, unknown>,
      { audience = 'fieldkit', expires = '5m', key = privateKey, from = issuer } = {},
    ) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .setIssuer(from)
        .setAudience(audience)
        .setExpirationTime(expires)
        .sign(key),
    close: () => new Promise<void>((resolve) => provider.close(() => resolve())),
  };
}

let ferry: TestProject;
let provider: Awaited<ReturnType<typeof startProvider>>;
beforeAll(async () => {
  [ferry, provider] = await Promise.all([openTestProject(), startProvider()]);
});
afterAll(async () => {
  await ferry.close();
  await provider.close();
});

const json = async (response: Response) => JSON.parse(await response.text());

it('a token of the provider speaks for its subject, tenant, groups and role', async () => {
  const oidc = { issuer: provider.issuer, audience: 'fieldkit', tenantClaim: 'org', operatorGroups: ['admins'] };
  const { send, server } = testServer(ferry, { config: { oidc } });
  expect(server.keyless).toBe(false);
  const me = async (token: string) => send('/api/me', { key: token });
  const crew = await provider.sign({ sub: 'anna', org: 'default', groups: ['crew'] });
  expect(await json(await me(crew))).toMatchObject({
    tenant: 'default',
    subject: 'oidc:anna',
    groups: ['crew'],
    role: 'user',
  });
  const admin = await provider.sign({ sub: 'ben', org: 'default', groups: ['admins'] });
  expect(await json(await me(admin))).toMatchObject({ role: 'operator' });
  const { privateKey: stranger } = await generateKeyPair('ES256');
  const refused = [
    await provider.sign({ sub: 'anna', groups: [] }), // names no tenant
    await provider.sign({ org: 'default' }), // names no subject
    await provider.sign({ sub: 'anna', org: 'default' }, { audience: 'other' }),
    await provider.sign({ sub: 'anna', org: 'default' }, { from: 'https://other.example' }),
    await provider.sign({ sub: 'anna', org: 'default' }, { key: stranger }),
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"anna","org":"default"}').toString('base64url')}.x`,
  ];
  for (const [index, token] of refused.entries()) {
    const response = await me(token);
    expect({ index, status: response.status }).toEqual({ index, status: 401 });
  }
  const old = await provider.sign({ sub: 'anna', org: 'default' }, { expires: '-5m' });
  expect(await json(await me(old))).toMatchObject({ error: { code: 'expired_api_key' } });
  expect((await send('/v1/models')).status).toBe(401);
  await server.close();
});

it('a provider that cannot be reached is 503, not 401', async () => {
  const oidc = { issuer: 'http://127.0.0.1:9', audience: 'fieldkit' };
  const { send, server } = testServer(ferry, { config: { oidc } });
  const response = await send('/v1/models', { key: await provider.sign({ sub: 'anna' }) });
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  await server.close();
});
