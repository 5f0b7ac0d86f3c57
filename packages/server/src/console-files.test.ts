import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { createConsoleFiles } from './console-files.ts';

function consoleOf(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'fieldkit-console-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'assets'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const serve = createConsoleFiles(folder);
  return (path: string, headers: Record<string, string> = {}) =>
    serve(new Request(`http://localhost${path}`, { headers }));
}

const SCRIPT = 'console.log(1);'.repeat(200);
const files = { 'index.html': '<!doctype html><title>c</title>', 'assets/app-1a2b.js': SCRIPT };

it('delivers files with their type, compressed when the browser can, and hashed names for ever', async () => {
  const get = consoleOf(files);
  const script = get('/assets/app-1a2b.js', { 'accept-encoding': 'gzip, br' });
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(script.headers.get('cache-control')).toContain('immutable');
  expect(gunzipSync(Buffer.from(await script.arrayBuffer())).toString()).toBe(SCRIPT);
  expect(await get('/assets/app-1a2b.js').text()).toBe(SCRIPT);
});

it('gives index.html for addresses of the console, with a policy that only its own scripts run', async () => {
  const get = consoleOf(files);
  for (const path of ['/', '/documents/abc?page=2', '/runs/run-1']) {
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
    const page = get(path, { accept });
    expect(await page.text()).toContain('<title>c</title>');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(get(path, { accept, 'if-none-match': page.headers.get('etag') ?? '' }).status).toBe(304);
  }
});

it('is no page for a probe, which would take it for health', () => {
  const get = consoleOf(files);
  expect(get('/').status).toBe(200);
  for (const accept of ['*/*', 'application/json']) {
    expect(() => get('/healthz', { accept })).toThrow(/nothing at this address/);
  }
});

it('gives nothing outside its folder', () => {
  const get = consoleOf(files);
  for (const path of ['/missing.js', '/../package.json', '/assets/%2e%2e/%2e%2e/etc/passwd.txt', '/.env.local']) {
    expect(() => get(path), path).toThrow(/nothing at this address/);
  }
});
