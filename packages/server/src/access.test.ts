import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditPath, readAuditLog } from './audit/audit-log.ts';
import { revokeKey } from './auth/key-file.ts';
import { openTestProject, type TestProject, type TestServer, testServer } from './testing/test-project.ts';

let ferry: TestProject;
let made: TestServer;
const keys: Record<'user' | 'crew' | 'operator' | 'rival', string> = { user: '', crew: '', operator: '', rival: '' };
beforeAll(async () => {
  ferry = await openTestProject();
  made = testServer(ferry);
  keys.user = made.key();
  keys.crew = made.key({ groups: ['crew'] });
  keys.operator = made.key({ role: 'operator' });
  keys.rival = made.key({ tenant: 'rival', role: 'operator', groups: ['crew'] });
});
afterAll(async () => {
  await made.server.close();
  await ferry.close();
});

const idOf = (uri: string): string => {
  const found = ferry.project.documents.list().find((file) => file.uri === uri);
  if (found === undefined) throw new Error(`no ${uri}`);
  return found.id;
};
const json = async (response: Response) => JSON.parse(await response.text());
const addressOf = (path: string) => path.replace(/:(id|model|page)/g, (_, name) => (name === 'page' ? '1' : 'none'));

describe('every route', () => {
  it('asks for a key unless it is open, and for the role where it says so', async () => {
    for (const { method, path, access } of made.server.routes) {
      const init = method === 'POST' ? { method, json: {} } : { method };
      const bare = await made.send(addressOf(path), init);
      const wrong = await made.send(addressOf(path), { ...init, key: 'fk-0000000000-wrong' });
      const user = await made.send(addressOf(path), { ...init, key: keys.user });
      const where = `${method} ${path}`;
      if (access === 'open') {
        expect([401, 403], where).not.toContain(bare.status);
        continue;
      }
      expect({ where, status: bare.status, asks: bare.headers.get('www-authenticate') }).toEqual({
        where,
        status: 401,
        asks: 'Bearer realm="fieldkit"',
      });
      expect({ where, status: wrong.status }).toEqual({ where, status: 401 });
      expect({ where, refused: user.status === 403 }).toEqual({ where, refused: access === 'operator' });
      expect((await json(bare)).error, where).toMatchObject({ type: 'authentication_error', code: 'missing_api_key' });
      await user.body?.cancel();
    }
  });

  it('is described at /openapi.json', async () => {
    const { paths } = await json(await made.send('/openapi.json'));
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(
      made.server.routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`).sort(),
    );
  });
});

describe('documents of a group or another tenant', () => {
  const paths = (id: string) => [
    `/api/documents/${id}`,
    `/api/documents/${id}/blocks`,
    `/api/documents/${id}/text`,
    `/api/documents/${id}/file`,
    `/api/documents/${id}/chunks`,
    `/api/documents/${id}/places?start=0&end=5`,
  ];

  it.each(['knowledge/crew/wages.txt', 'knowledge/rival/plans.txt'])(
    '%s does not exist for a stranger',
    async (uri) => {
      for (const path of paths(idOf(uri))) {
        expect((await made.send(path, { key: keys.user })).status, path).toBe(404);
        expect((await made.send(path, { key: keys.operator })).status, path).toBe(404);
      }
      const list = await (await made.send('/api/documents', { key: keys.user })).text();
      expect(list).not.toContain(uri);
    },
  );

  it('are open to members', async () => {
    for (const path of paths(idOf('knowledge/crew/wages.txt'))) {
      expect((await made.send(path, { key: keys.crew })).status, path).toBe(200);
      expect((await made.send(path, { key: keys.rival })).status, path).toBe(404);
    }
  });

  it('stay out of search, answers and runs', async () => {
    const question = 'What does a deckhand earn per hour?';
    const search = async (key: string) => (await made.send('/api/search', { key, json: { query: question } })).text();
    expect(await search(keys.crew)).toContain('21.30');
    expect(await search(keys.user)).not.toContain('21.30');
    expect(await search(keys.rival)).not.toContain('21.30');

    const ask = (key: string) =>
      made.send('/v1/chat/completions', {
        key,
        json: { model: 'ferry', messages: [{ role: 'user', content: question }] },
      });
    const answered = await ask(keys.crew);
    expect(await answered.text()).toContain('21.30');
    expect(await (await ask(keys.user)).text()).not.toContain('21.30');
    const run = `/api/runs/${answered.headers.get('x-run-id')}`;
    expect((await made.send(run, { key: keys.crew })).status).toBe(200);
    // Not another user's, not an operator's who is not in the group, not another tenant's.
    const mate = made.key({ name: 'mate', groups: ['crew'] });
    for (const key of [keys.user, mate, keys.operator, keys.rival])
      expect((await made.send(run, { key })).status).toBe(404);
    const crewOperator = made.key({ role: 'operator', groups: ['crew'] });
    expect((await made.send(run, { key: crewOperator })).status).toBe(200);
    const { runs } = await json(await made.send('/api/runs', { key: keys.user }));
    expect(runs.map(({ id }: { id: string }) => id)).not.toContain(answered.headers.get('x-run-id'));
  });
});

describe('keys', () => {
  it('end when they expire or are revoked, while the server runs', async () => {
    const path = join(ferry.root, 'keys-life.json');
    let now = new Date('2026-03-01T12:00:00Z');
    const life = testServer(ferry, { keys: path, now: () => now });
    const short = life.key({ expiresAt: new Date('2026-03-02T12:00:00Z'), now });
    const long = life.key({ name: 'long', now });
    const status = async (key: string) => (await life.send('/v1/models', { key })).status;
    expect([await status(short), await status(long)]).toEqual([200, 200]);
    now = new Date('2026-03-02T12:00:00Z');
    expect(await json(await life.send('/v1/models', { key: short }))).toMatchObject({
      error: { code: 'expired_api_key' },
    });
    revokeKey(path, 'long');
    now = new Date('2026-03-02T12:00:01Z');
    expect(await json(await life.send('/v1/models', { key: long }))).toMatchObject({
      error: { code: 'revoked_api_key' },
    });
    await life.server.close();
  });

  it('leave the old ones in force when the file is damaged, and nobody in when it starts damaged', async () => {
    const path = join(ferry.root, 'keys-damaged.json');
    let now = new Date('2026-03-01T12:00:00Z');
    const damaged = testServer(ferry, { keys: path, now: () => now });
    const key = damaged.key();
    expect((await damaged.send('/v1/models', { key })).status).toBe(200);
    writeFileSync(path, '{"version":1,"keys":[');
    now = new Date('2026-03-01T12:00:02Z');
    expect((await damaged.send('/v1/models', { key })).status).toBe(200);
    expect((await damaged.send('/v1/models')).status).toBe(401);
    expect(() => testServer(ferry, { keys: path })).toThrow(/cannot understand/);
    await damaged.server.close();
  });
});

describe('without keys', () => {
  it('it listens on this machine only, and refuses foreign host names and web pages', async () => {
    const local = testServer(ferry);
    expect(local.server.keyless).toBe(true);
    await expect(local.server.listen({ port: 0, host: '0.0.0.0' })).rejects.toThrow(/no keys/);
    expect((await local.send('/v1/models')).status).toBe(200);
    expect((await local.send('/v1/models', { headers: { host: 'evil.example' } })).status).toBe(421);
    expect((await local.send('/v1/models', { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await local.send('/v1/models', { headers: { origin: 'null' } })).status).toBe(403);
    const page = await local.send('/v1/models', { headers: { origin: 'http://localhost:5173' } });
    expect(page.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    local.key();
    expect((await local.send('/v1/models', { key: 'fk-0000000000-none' })).status).toBe(401);
    await local.server.close();
  });
});

describe('files', () => {
  it('are delivered as they were read, in ranges too, and only as long as they are the same', async () => {
    const id = idOf('knowledge/fares.html');
    const path = `/api/documents/${id}/file`;
    const whole = await made.send(path, { key: keys.user });
    const text = await whole.text();
    expect(text).toContain('48 euros');
    expect(whole.headers.get('content-security-policy')).toContain('sandbox');
    expect(whole.headers.get('content-disposition')).toMatch(/^attachment/);
    const part = await made.send(path, { key: keys.user, headers: { range: 'bytes=2-8' } });
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
      206,
      text.slice(2, 9),
      `bytes 2-8/${text.length}`,
    ]);
    expect((await made.send(path, { key: keys.user, headers: { range: 'bytes=9999-' } })).status).toBe(416);
    appendFileSync(join(ferry.root, 'knowledge/fares.html'), '<!-- changed -->');
    expect(await json(await made.send(path, { key: keys.user }))).toMatchObject({ error: { code: 'file_changed' } });
  });
});

it('what was refused and delivered stands in the audit log', async () => {
  const actions = readAuditLog(auditPath(ferry.root), 500).map(({ event }) => event.action);
  expect(actions).toEqual(expect.arrayContaining(['auth-refused', 'document-file', 'answer']));
});
