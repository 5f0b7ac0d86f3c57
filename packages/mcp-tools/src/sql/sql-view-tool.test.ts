import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Caller } from '@fieldkit/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileSchema } from '../json-schema.ts';
import type { Database } from './database.ts';
import { createMysqlDatabase } from './mysql-database.ts';
import { createPostgresDatabase } from './postgres-database.ts';
import { sqlViewTool } from './sql-view-tool.ts';
import { createSqliteDatabase } from './sqlite-database.ts';

const caller = (tenant: string): Caller => ({ tenant, subject: 's', groups: [] });
const context = { caller: caller('acme'), callId: 'c' };
const folder = mkdtempSync(join(tmpdir(), 'fieldkit-sql-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TABLE = `CREATE TABLE orders (order_number text, tenant text, amount numeric(10,2), quantity integer, ordered_on date, note text);
INSERT INTO orders VALUES ('SO-1', 'acme', 12.50, 3, '2026-11-02', 'it''s "fine"'), ('SO-2', 'acme', 7, 1, '2026-11-03', NULL), ('SO-3', 'other', 1, 1, '2026-11-04', 'x');
CREATE VIEW support_orders AS SELECT order_number, tenant, amount, quantity, ordered_on, note FROM orders;`;
const SLOW =
  'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 900) SELECT count(*) AS c FROM n a, n b, n c, n d';

function describeDatabase(name: string, open: () => Promise<Database>) {
  describe(name, () => {
    let database: Database;
    beforeAll(async () => {
      database = await open();
    });
    afterAll(() => database.close());
    const options = () => ({
      database,
      view: 'support_orders',
      name: 'lookup_orders',
      description: 'Looks up orders.',
      by: ['order_number', 'quantity'],
    });

    it('answers by a column, in the types that its schema declares', async () => {
      const tool = await sqlViewTool(options());
      expect(tool.inputSchema).toMatchObject({
        additionalProperties: false,
        properties: { order_number: { type: 'string' }, quantity: { type: 'integer' } },
      });
      const { data, text } = await tool.run({ order_number: 'SO-1' }, context);
      expect(data).toMatchObject({
        rows: [{ order_number: 'SO-1', quantity: 3, ordered_on: '2026-11-02', note: 'it\'s "fine"' }],
      });
      expect(Number((data as { rows: { amount: unknown }[] }).rows[0]?.amount)).toBe(12.5); // the schema says so
      expect(text).toContain('rows[0].ordered_on: 2026-11-02');
      expect(compileSchema(tool.outputSchema ?? {})(data)).toEqual([]);
      expect(await tool.run({ order_number: 'SO-2' }, context)).toMatchObject({ data: { rows: [{ note: null }] } });
    });

    it('says when nothing was found, and when there is more', async () => {
      const tool = await sqlViewTool({ ...options(), maxRows: 1 });
      expect(await tool.run({ order_number: 'SO-9' }, context)).toEqual({
        data: { rows: [] },
        text: 'No row was found.',
        isError: false,
      });
      const { data, text } = await tool.run({ quantity: 1 }, context);
      expect(data).toMatchObject({ rows: [{ order_number: 'SO-2' }] });
      expect(text).toContain('[more than 1 rows');
    });

    it('takes values as values, never as SQL', async () => {
      const tool = await sqlViewTool(options());
      for (const order_number of ["' OR '1'='1", "SO-1'; DROP TABLE orders; --", '$1', '?1', 'SO-1" OR 1=1', '\\']) {
        expect(await tool.run({ order_number }, context)).toMatchObject({ data: { rows: [] } });
      }
      expect(await tool.run({ order_number: 'SO-1' }, context)).toMatchObject({
        data: { rows: [{ order_number: 'SO-1' }] },
      });
    });

    it.each<unknown>([
      {},
      { order_number: 1 },
      { quantity: 1.5 },
      { tenant: 'acme' },
      { order_number: 'x'.repeat(201) },
      null,
      { order_number: { $ne: '' } },
    ])('refuses %j', async (input) => {
      await expect((await sqlViewTool(options())).run(input, context)).rejects.toMatchObject({
        code: 'TOOL_INVALID_INPUT',
      });
    });

    it("adds the caller's scope to every question", async () => {
      const tool = await sqlViewTool({
        ...options(),
        scope: { tenant: (who) => who.tenant },
        columns: ['order_number'],
      });
      expect(await tool.run({ order_number: 'SO-3' }, context)).toMatchObject({ data: { rows: [] } });
      expect(await tool.run({ order_number: 'SO-3' }, { ...context, caller: caller('other') })).toMatchObject({
        data: { rows: [{ order_number: 'SO-3' }] },
      });
      expect(await tool.run({ quantity: 1 }, context)).toMatchObject({ data: { rows: [{ order_number: 'SO-2' }] } });
    });

    it('only reads', async () => {
      const limits = { maxRows: 1, timeoutMs: 60_000 };
      for (const sql of [
        'DELETE FROM orders RETURNING order_number',
        'DROP TABLE orders',
        "UPDATE orders SET note = 'x' RETURNING note",
      ]) {
        await expect(database.query(sql, [], limits), sql).rejects.toMatchObject({ code: 'TOOL_FAILED' });
      }
      expect(await database.query('SELECT count(*) AS c FROM orders', [], limits)).toMatchObject([
        { c: expect.toSatisfy((count: unknown) => Number(count) === 3) },
      ]);
    });

    it('ends a statement that takes too long or is not wanted any more, and answers the next', async () => {
      await expect(database.query(SLOW, [], { maxRows: 1, timeoutMs: 150 })).rejects.toMatchObject({
        code: 'TIMED_OUT',
      });
      const controller = new AbortController();
      const running = database.query(SLOW, [], { maxRows: 1, timeoutMs: 60_000, signal: controller.signal });
      setImmediate(() => controller.abort());
      await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
      const tool = await sqlViewTool(options());
      expect(await tool.run({ order_number: 'SO-1' }, context)).toMatchObject({ data: { rows: [{ quantity: 3 }] } });
    });

    it('serves many at once', async () => {
      const tool = await sqlViewTool(options());
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) => tool.run({ order_number: `SO-${1 + (index % 2)}` }, context)),
      );
      expect(results.every(({ data }, index) => JSON.stringify(data).includes(`"SO-${1 + (index % 2)}"`))).toBe(true);
    });

    it('names a view or a column that does not exist', async () => {
      await expect(sqlViewTool({ ...options(), view: 'no_such_view' })).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
        message: expect.stringContaining('no_such_view'),
      });
      await expect(sqlViewTool({ ...options(), by: ['order_nubmer'] })).rejects.toMatchObject({
        message: expect.stringContaining('did you mean order_number'),
      });
      await expect(sqlViewTool({ ...options(), by: [] })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    });
  });
}

describeDatabase('SQLite', async () => {
  const path = join(folder, 'orders.db');
  const made = new DatabaseSync(path);
  made.exec(TABLE);
  made.close();
  return createSqliteDatabase({ path });
});

it('says that a SQLite file does not exist', () => {
  expect(() => createSqliteDatabase({ path: '/no/such.db' })).toThrow(
    expect.objectContaining({ code: 'FILE_NOT_FOUND' }),
  );
});

/** Debian puts each version's programs into a folder of its own. */
function postgresPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}
/** PostgreSQL refuses to run as root. */
function postgresUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const number = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  return { uid: number('-u'), gid: number('-g') };
}

const programs = postgresPrograms();
describe.skipIf(programs === undefined)(
  'with a PostgreSQL server of this machine (skipped where none is installed)',
  () => {
    let server: ReturnType<typeof spawn> | undefined;
    const home = mkdtempSync(join(tmpdir(), 'fieldkit-pg-'));
    afterAll(async () => {
      const ended = new Promise((done) => server?.once('exit', done));
      server?.kill('SIGINT');
      if (server !== undefined) await ended;
      rmSync(home, { recursive: true, force: true });
    });

    describeDatabase('PostgreSQL', async () => {
      const bin = programs ?? '';
      const user = postgresUser();
      if (user !== undefined) chownSync(home, user.uid, user.gid);
      const run = { ...user, stdio: 'ignore' as const, cwd: home, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } };
      execFileSync(
        join(bin, 'initdb'),
        ['-D', join(home, 'data'), '-U', 'owner', '--auth=trust', '--no-sync', '-E', 'UTF8'],
        run,
      );
      server = spawn(join(bin, 'postgres'), ['-D', join(home, 'data'), '-k', home, '-h', '', '-F'], run);
      const connectionString = `postgresql://owner@localhost/postgres?host=${encodeURIComponent(home)}`;
      const { default: pg } = await import('pg');
      for (let tries = 0; ; tries += 1) {
        const client = new pg.Client({ connectionString });
        try {
          await client.connect();
          await client.query(TABLE);
          await client.query("COMMENT ON COLUMN support_orders.order_number IS 'Number as printed'");
          await client.end();
          return createPostgresDatabase({ connectionString });
        } catch (error) {
          if (tries > 100) throw error;
          await new Promise((done) => setTimeout(done, 50)); // the server starts by itself and does not say when
        }
      }
    });
  },
);

it('says that nobody answers where PostgreSQL should be', async () => {
  const database = await createPostgresDatabase({ connectionString: 'postgresql://a:secret@127.0.0.1:9/x' });
  const failing = database.query('SELECT 1', [], { maxRows: 1, timeoutMs: 500 });
  await expect(failing).rejects.toMatchObject({
    code: 'TOOL_UNAVAILABLE',
    message: expect.not.stringContaining('secret'),
  });
  await database.close();
});

const mariaDb = ['/usr/sbin/mariadbd', '/usr/libexec/mariadbd'].find((path) => existsSync(path));
describe.skipIf(mariaDb === undefined)(
  'with a MariaDB server of this machine (skipped where none is installed)',
  () => {
    let server: ReturnType<typeof spawn> | undefined;
    const home = mkdtempSync(join(tmpdir(), 'fieldkit-my-'));
    const socket = join(home, 'server.sock');
    const addressOf = (user: string) => `mysql://${user}@localhost/desk?socketPath=${encodeURIComponent(socket)}`;
    beforeAll(async () => {
      const own = process.getuid?.() === 0 ? ['--user=root'] : [];
      const data = join(home, 'data');
      const install = ['--no-defaults', ...own, `--datadir=${data}`, '--auth-root-authentication-method=normal'];
      execFileSync('mariadb-install-db', install, { stdio: 'ignore' });
      const place = [`--datadir=${data}`, `--socket=${socket}`, `--pid-file=${join(home, 'pid')}`, '--skip-networking'];
      server = spawn(mariaDb ?? '', ['--no-defaults', ...own, ...place], { stdio: 'ignore' });
      const { createConnection } = await import('mysql2/promise');
      for (let tries = 0; ; tries += 1) {
        try {
          const client = await createConnection({ socketPath: socket, user: 'root', multipleStatements: true });
          await client.query(`CREATE DATABASE desk CHARACTER SET latin1; USE desk; ${TABLE}
          CREATE TABLE numbered (name varchar(20) COMMENT 'As printed', tenant int, taken_at datetime, total bigint);
          INSERT INTO numbered VALUES ('Köln', 0, '2026-11-02 23:30:00', 9007199254740993);
          CREATE USER reader@localhost; GRANT SELECT ON desk.support_orders TO reader@localhost;`);
          await client.end();
          return;
        } catch (error) {
          if (tries > 200) throw error;
          await new Promise((done) => setTimeout(done, 50)); // the server starts by itself and does not say when
        }
      }
    });
    afterAll(async () => {
      const ended = new Promise((done) => server?.once('exit', done));
      server?.kill('SIGTERM');
      if (server !== undefined) await ended;
      rmSync(home, { recursive: true, force: true });
    });

    describeDatabase('MariaDB', () => createMysqlDatabase({ connectionString: addressOf('root') }));

    describe('what MySQL does otherwise', () => {
      let database: Database;
      beforeAll(async () => {
        database = await createMysqlDatabase({ connectionString: addressOf('root') });
      });
      afterAll(() => database.close());
      const limits = { maxRows: 5, timeoutMs: 60_000 };

      it('tells small letters from capitals, spaces at the end and texts from numbers', async () => {
        const orders = {
          database,
          view: 'support_orders',
          name: 'look_up',
          description: 'Orders.',
          by: ['order_number'],
        };
        const tool = await sqlViewTool({ ...orders, scope: { tenant: (who) => who.tenant } });
        const asked = (order_number: string, tenant: string) =>
          tool.run({ order_number }, { ...context, caller: caller(tenant) });
        expect(await asked('SO-1', 'acme')).toMatchObject({ data: { rows: [{ order_number: 'SO-1' }] } });
        for (const [number, tenant] of [
          ['so-1', 'acme'],
          ['SO-1', 'ACME'],
          ['SO-1', 'acme '],
          ['SO-1 ', 'acme'],
        ] as const)
          expect(await asked(number, tenant), `${number} ${tenant}`).toMatchObject({ data: { rows: [] } });
        const scope = { tenant: (who: { tenant: string }) => who.tenant };
        const numbered = await sqlViewTool({ ...orders, view: 'desk.numbered', by: ['name'], scope });
        const of = (tenant: string) => numbered.run({ name: 'Köln' }, { ...context, caller: caller(tenant) });
        expect(await of('acme')).toMatchObject({ data: { rows: [] } });
        expect(await of('0')).toMatchObject({
          data: { rows: [{ name: 'Köln', taken_at: '2026-11-02 23:30:00', total: '9007199254740993' }] },
        });
        expect(numbered.inputSchema).toMatchObject({ properties: { name: { description: 'As printed' } } });
      });

      it('keeps the order of what it cuts, fills parameters by their numbers and leaves quoted text alone', async () => {
        const sql = "SELECT order_number, '$1' AS said, $2 AS b, $1 AS a FROM orders ORDER BY order_number DESC";
        expect(await database.query(sql, ['x', 'y'], { ...limits, maxRows: 2 })).toEqual([
          { order_number: 'SO-3', said: '$1', b: 'y', a: 'x' },
          { order_number: 'SO-2', said: '$1', b: 'y', a: 'x' },
        ]);
      });

      it('takes nothing that is no query, and ends on the server what was cancelled', async () => {
        for (const sql of [
          'SET SESSION TRANSACTION READ WRITE',
          "SELECT 1 INTO OUTFILE '/tmp/never'",
          'SELECT 1; DROP TABLE orders',
          'SELECT 1) UNION (SELECT 2); DROP TABLE orders; (SELECT 1',
        ])
          await expect(database.query(sql, [], limits), sql).rejects.toMatchObject({ code: 'TOOL_FAILED' });
        const controller = new AbortController();
        const running = database.query(SLOW, [], { maxRows: 1, timeoutMs: 60_000, signal: controller.signal });
        const slow = `SELECT count(*) AS c FROM information_schema.processlist WHERE info LIKE '%RECURSIVE n(x)%' AND info NOT LIKE '%processlist%'`;
        const count = async () => Number((await database.query(slow, [], limits))[0]?.c);
        await expect.poll(count).toBe(1);
        controller.abort();
        await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
        await expect.poll(count).toBe(0);
        await expect(database.query('SELECT 1', [], { ...limits, signal: controller.signal })).rejects.toMatchObject({
          code: 'CANCELLED',
        });
      });

      it('is content with a user who may only read the view', async () => {
        const reader = await createMysqlDatabase({ connectionString: addressOf('reader') });
        expect(await reader.query('SELECT order_number FROM support_orders', [], limits)).toHaveLength(3);
        await expect(reader.query('SELECT * FROM orders', [], limits)).rejects.toMatchObject({
          code: 'TOOL_FORBIDDEN',
        });
        await reader.close();
        const nobody = await createMysqlDatabase({ connectionString: addressOf('nobody:secret') });
        await expect(nobody.query('SELECT 1', [], limits)).rejects.toMatchObject({ code: 'TOOL_FORBIDDEN' });
        await nobody.close();
      });
    });
  },
);

it('says that nobody answers where MySQL should be, and refuses other addresses', async () => {
  const database = await createMysqlDatabase({ connectionString: 'mysql://a:secret@127.0.0.1:9/x' });
  await expect(database.query('SELECT 1', [], { maxRows: 1, timeoutMs: 500 })).rejects.toMatchObject({
    code: 'TOOL_UNAVAILABLE',
    message: expect.not.stringContaining('secret'),
  });
  await database.close();
  await expect(createMysqlDatabase({ connectionString: 'postgresql://a:secret@h/x' })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.not.stringContaining('secret'),
  });
});
