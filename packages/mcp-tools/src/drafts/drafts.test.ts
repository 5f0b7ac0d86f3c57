import { describe, expect, it } from 'vitest';
import { openApiTools } from '../tools/openapi-tools.ts';
import { draftFromCurl } from './draft-from-curl.ts';
import { draftFromPostman } from './draft-from-postman.ts';
import type { Draft } from './draft-openapi.ts';

const toolsOf = async ({ openapi, baseUrl }: Draft) => (await openApiTools({ openapi, baseUrl })).tools;

describe('draftFromCurl', () => {
  it('makes a tool of a command, its identifiers parameters, its keys gone', async () => {
    const draft = draftFromCurl(`curl 'https://shop.example/api/v2/orders/SO-1042/items?page=2&api_key=topsecret' \\
      -H 'Authorization: Bearer topsecret' -H "X-Locale: zh" --compressed -s`);
    expect(JSON.stringify(draft)).not.toContain('topsecret');
    expect(draft.baseUrl).toBe('https://shop.example');
    expect(draft.openapi).toMatchObject({
      security: [{ api_key: [] }, { authorization: [] }],
      paths: {
        '/api/v2/orders/{order_id}/items': {
          get: {
            parameters: [
              { name: 'order_id', schema: { pattern: '^SO-\\d{4}$' } },
              { name: 'page', in: 'query' },
              { name: 'X-Locale', in: 'header' },
            ],
          },
        },
      },
    });
    expect(draft.findings.map(({ message }) => message).join('\n')).toMatch(
      /which parameters are required[\s\S]*the answer is not known/,
    );
    expect(await toolsOf(draft)).toMatchObject([
      { effects: 'read', inputSchema: { required: ['order_id'], additionalProperties: false } },
    ]);
  });

  it('takes bodies, methods and forms', async () => {
    const json = draftFromCurl(
      `curl -X PUT https://a.example/tickets/7 --json '{"title":"It'"'"'s broken","tags":["a"],"level":1}' -u me:pw`,
    );
    expect(JSON.stringify(json)).not.toContain('pw');
    expect(await toolsOf(json)).toMatchObject([
      {
        effects: 'write',
        inputSchema: {
          properties: { ticket_id: { type: 'integer' }, title: { type: 'string' }, level: { type: 'integer' } },
        },
      },
    ]);
    const form = draftFromCurl('curl https://a.example/slots -d day=2026-11-02 -d "n=3"');
    expect(form.openapi).toMatchObject({
      paths: {
        '/slots': {
          post: {
            requestBody: {
              content: {
                'application/x-www-form-urlencoded': {
                  schema: { properties: { day: { format: 'date' }, n: { type: 'integer' } } },
                },
              },
            },
          },
        },
      },
    });
    expect(draftFromCurl('curl -G a.example/find --data-urlencode q=pump').openapi).toMatchObject({
      paths: { '/find': { get: { parameters: [{ name: 'q' }] } } },
    });
  });

  it.each([
    ['wget https://a.example', 'begin with curl'],
    ['curl', 'one address'],
    ['curl https://a.example https://b.example', 'one address'],
    ["curl 'https://a.example", 'never closed'],
    ['curl -F file=@x https://a.example', 'multipart'],
    ['curl file:///etc/passwd', 'cannot be called'],
    ['curl "http://"', 'no address'],
  ])('refuses %s', (command, words) => {
    expect(() => draftFromCurl(command)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(words) }),
    );
  });
});

describe('draftFromPostman', () => {
  const collection = {
    info: { name: 'Help desk' },
    variable: [{ key: 'base', value: 'https://desk.example/v1' }],
    auth: { type: 'bearer', bearer: [{ key: 'token', value: 'topsecret' }] },
    item: [
      {
        name: 'Tickets',
        item: [
          {
            name: 'Get ticket',
            request: {
              method: 'GET',
              url: { raw: '{{base}}/tickets/:ticketId' },
              header: [{ key: 'X-Old', value: '1', disabled: true }],
            },
            response: [{ code: 200, body: '{"id":7,"title":"x","owner":{"name":"Li"}}' }],
          },
          {
            name: 'Open ticket',
            request: { method: 'POST', url: '{{base}}/tickets', body: { mode: 'raw', raw: '{"title":"x"}' } },
          },
          { name: 'Elsewhere', request: { method: 'GET', url: 'https://other.example/x' } },
        ],
      },
    ],
  };

  it('makes tools of its requests, with the answers that were kept', async () => {
    const draft = draftFromPostman(JSON.stringify(collection));
    expect(JSON.stringify(draft)).not.toContain('topsecret');
    expect(draft.openapi).toMatchObject({
      info: { title: 'Help desk' },
      paths: {
        '/v1/tickets/{ticketId}': { get: { operationId: 'get_ticket' } },
        '/v1/tickets': { post: { operationId: 'open_ticket' } },
      },
    });
    expect(await toolsOf(draft)).toMatchObject([
      {
        name: 'get_ticket',
        effects: 'read',
        outputSchema: { properties: { owner: { properties: { name: { type: 'string' } } } } },
      },
      { name: 'open_ticket', effects: 'write' },
    ]);
    expect(draft.findings.some(({ message }) => message.includes('other.example'))).toBe(true);
  });

  it('refuses what is no collection', () => {
    for (const wrong of ['x', '{}', '[]', { item: [] }])
      expect(() => draftFromPostman(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
