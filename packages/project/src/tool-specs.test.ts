import { expect, it } from 'vitest';
import { secret } from './config-values.ts';
import { mcpServer, openApiTools, sqlView } from './define-project.ts';
import { parseProjectConfig } from './load-project-config.ts';

function problem(...tools: unknown[]): string {
  try {
    parseProjectConfig({ name: 'acme', tools }, 'fieldkit.config.ts');
    return '';
  } catch (error) {
    return String(error);
  }
}
const stdio = { command: 'node', args: ['server.js'] };

it('takes secrets from the environment only, and never shows one that stands in the file', () => {
  const plain = problem({
    ...mcpServer({ name: 'tides', http: { url: 'https://x', headers: { Authorization: 'Bearer abc' } } }),
  });
  expect(plain).toContain("tools.0.http.headers.Authorization: must come from the environment: secret('NAME')");
  expect(plain).not.toContain('abc');
  expect(problem(mcpServer({ name: 'tides', stdio: { ...stdio, env: { API_KEY: 'abc', LANG: 'en' } } }))).toContain(
    'API_KEY',
  );
  const good = {
    name: 'tides',
    http: { url: 'https://x', headers: { Authorization: secret('TIDES'), Accept: 'text/plain' } },
  };
  expect(problem(mcpServer(good))).toBe('');
  const system = { name: 'berths', openapi: 'berths.yaml', baseUrl: 'https://berths' };
  expect(problem({ ...openApiTools(system), auth: { kind: 'bearer', token: 'abc' } })).toMatch(/tools\.0\.auth\.token/);
  expect(problem({ ...openApiTools(system), auth: { kind: 'bearer', token: 'abc' } })).not.toContain('abc');
  expect(problem(openApiTools({ ...system, auth: { kind: 'bearer', token: secret('BERTHS') } }))).toBe('');
});

it('refuses entries that cannot work', () => {
  expect(problem(mcpServer({ name: 'tides' }))).toContain('needs either stdio or http');
  expect(problem(mcpServer({ name: 'tides', stdio, http: { url: 'https://x' } }))).toContain(
    'needs either stdio or http',
  );
  expect(problem(mcpServer({ name: 'tides', stdio, lazy: true }))).toContain('lazy needs pins');
  expect(problem(mcpServer({ name: 'tides', stdio, pins: '/etc/pins.json' }))).toContain('relative to the project');
  const view = sqlView({
    name: 'find_ship',
    description: 'Ships',
    database: { engine: 'sqlite', file: 'ships.db' },
    view: 'ships',
    by: ['call_sign'],
  });
  expect(problem(view, view)).toContain('two tools are called "find_ship"');
  expect(problem({ ...view, by: [] })).toContain('tools.0.by');
});
