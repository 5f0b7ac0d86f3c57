import {
  lookupRecord,
  mcpServer,
  openApiTools,
  parseProjectConfig,
  secret,
  sqlView,
  tableFile,
} from '@fieldkit/project';
import { expect, it } from 'vitest';
import { toolContacts } from './tool-contacts.ts';

const view = { description: 'Ships by call sign.', view: 'ships', by: ['call_sign'] };

it('names the host of every tool that contacts one and what is sent, and no credential', () => {
  const { tools } = parseProjectConfig(
    {
      name: 'acme',
      tools: [
        lookupRecord({ openapi: 'a.yaml', baseUrl: secret('NONE'), operations: ['getShip'], devServer: 'dev/a.mjs' }),
        openApiTools({
          name: 'berths',
          openapi: 'b.yaml',
          baseUrl: 'https://berths.example/v1',
          auth: { kind: 'oauth', tokenUrl: 'https://login.example/t', clientId: 'i', clientSecret: secret('S') },
        }),
        sqlView({ ...view, name: 'a', database: { engine: 'sqlite', file: 'a.db' } }),
        sqlView({ ...view, name: 'b', database: { connectionString: secret('PG') }, scope: { owner: 'tenant' } }),
        sqlView({ ...view, name: 'c', database: { connectionString: secret('MY') } }),
        sqlView({ ...view, name: 'd', database: { engine: 'mysql', connectionString: secret('SOCKET') } }),
        sqlView({ ...view, name: 'e', database: { connectionString: secret('NONE') } }),
        tableFile({ name: 'f', description: 'Pilots.', file: 'f.xlsx', by: ['day'] }),
        mcpServer({ name: 'local', stdio: { command: 'node' } }),
        mcpServer({
          name: 'tides',
          http: { url: 'https://tides.example/mcp', headers: { Authorization: secret('T') } },
        }),
      ],
    },
    'fieldkit.config.ts',
  );
  const environment = {
    PG: 'postgresql://reader:hidden@pg.example:5432/x',
    MY: 'mysql://reader:hidden@my.example:3306/x',
    SOCKET: 'mysql://reader:hidden@localhost/x?socketPath=%2Frun%2Fmy.sock',
    S: 'hidden',
    T: 'hidden',
  };
  const contacts = tools.flatMap((tool) => toolContacts(tool, environment));
  expect(contacts.map(({ host }) => host)).toEqual([
    '127.0.0.1 (./dev/a.mjs, a child process)',
    'berths.example',
    'login.example',
    'pg.example:5432',
    'my.example:3306',
    'this machine (/run/my.sock)',
    '$NONE (not set)',
    'tides.example',
  ]);
  expect(contacts[1]?.sent).toContain('may write');
  expect(contacts[3]?.sent).toBe("values of call_sign that b asks ships for; the caller's tenant as owner; only read");
  expect(contacts[7]?.sent).toBe('arguments of the tools of tides (all its tools); headers Authorization');
  expect(JSON.stringify(contacts)).not.toContain('hidden');
});
