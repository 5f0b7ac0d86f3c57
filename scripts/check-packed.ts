/**
 * Packs every package and uses what comes out as a customer does, outside the clone: init, ingest, serve, a question, and in a browser the cited
 * words on the page. Needs `pnpm build` first. What a package needs of others is what its packed package.json names; it comes from this clone,
 * or with --npm from the registry by `npm install` (half a gigabyte, a minute).
 * Usage: node scripts/check-packed.ts [--npm]
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { chromiumPath, launchChromium } from '../test/chromium.ts';
import { plainEnvironment } from '../test/run-fieldkit.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { npm: { type: 'boolean', default: false } } });
const KNOWLEDGE = ['manuals/xc90-manual.pdf', 'policies/warranty-policy.docx', 'faq/support-faq.txt'];
const QUESTION = 'How often must the oil of the XC90 compressor be changed?';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'fieldkit packed '));
const fieldkit = join(folder, 'node_modules/@fieldkit/fieldkit/bin/fieldkit.mjs');
const env = plainEnvironment();
try {
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  const packages = globSync('packages/*/package.json', { cwd: root }).map((path) => join(root, dirname(path)));
  await Promise.all(packages.map((path) => run('pnpm', ['pack', '--pack-destination', folder], { cwd: path })));
  const tarballs = globSync('*.tgz', { cwd: folder });
  if (tarballs.length !== packages.length) throw new Error(`${packages.length} packages gave ${tarballs.length} files`);
  if (values.npm) {
    const install = ['install', '--no-audit', '--no-fund', ...tarballs.map((name) => `./${name}`)];
    await run('npm', install, { cwd: folder, env });
  } else packages.forEach(unpack);

  const said = async (...args: string[]) =>
    (await run(process.execPath, [fieldkit, ...args], { cwd: folder, env })).stdout;
  await said('init', 'desk');
  const knowledge = join(root, 'examples/equipment-desk/knowledge');
  for (const name of KNOWLEDGE) cpSync(join(knowledge, name), join(folder, 'desk/knowledge', basename(name)));
  await said('ingest', '--project', 'desk');
  await useServer();
  console.log(`packed: ${tarballs.length} packages work ${values.npm ? 'from npm install' : 'outside the clone'}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** As an installer would: the packed files, and beside them links to what their package.json names and nothing else. */
function unpack(path: string): void {
  const name = basename(path);
  const target = join(folder, 'node_modules/@fieldkit', name);
  mkdirSync(join(target, 'node_modules'), { recursive: true });
  const [tarball = ''] = globSync(`fieldkit-${name}-[0-9]*.tgz`, { cwd: folder });
  execFileSync('tar', ['-xzf', join(folder, tarball), '-C', target, '--strip-components=1']);
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(target, 'package.json'), 'utf8'),
  );
  for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
    if (needed.startsWith('@fieldkit/')) continue;
    mkdirSync(dirname(join(target, 'node_modules', needed)), { recursive: true });
    symlinkSync(join(path, 'node_modules', needed), join(target, 'node_modules', needed));
  }
}

async function useServer(): Promise<void> {
  const args = [fieldkit, 'serve', '--project', 'desk', '--port', '0', '--json'];
  const server = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = `${complaints}${text}`.slice(-3_000);
  });
  const ended = new Promise<number | null>((done) => server.once('exit', done));
  try {
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    const { url, console: pages } = JSON.parse((await lines.next()).value ?? '{}');
    if (pages !== true) throw new Error(`the server has no console, or did not start: ${complaints}`);
    const body = JSON.stringify({ model: 'desk', messages: [{ role: 'user', content: QUESTION }] });
    const headers = { 'content-type': 'application/json' };
    const answer = await (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })).text();
    if (!answer.includes('url_citation')) throw new Error(`no citation in the answer: ${answer.slice(0, 500)}`);
    await lookAtConsole(url);
  } finally {
    server.kill('SIGTERM');
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the server ended with ${code}`);
}

async function lookAtConsole(url: string): Promise<void> {
  const executable = chromiumPath();
  if (executable === undefined) return console.warn('packed: no look at the console, chromium is not installed');
  const browser = await launchChromium(executable);
  try {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    page.setDefaultTimeout(60_000);
    await page.goto(url);
    await page.getByRole('textbox').first().fill(QUESTION);
    await page.keyboard.press('Enter');
    await page.locator('.turn .chip').first().click();
    await page.locator('.source-side .mark').first().waitFor();
    if (problems.length > 0) throw new Error(problems.join('\n'));
  } finally {
    await browser.close();
  }
}
