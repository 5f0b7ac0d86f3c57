/**
 * Opens every citation of the examples' questions in the console, as a person does, and compares what is marked with the quote. What stands under the marks
 * of a PDF page is read by another program than the one that placed them: MuPDF, character by character. For Word and text the marked words are
 * read from the page itself. Also measured: from click to mark, and the first useful paint.
 *
 * Needs chromium and mutool (Debian: chromium, mupdf-tools). Usage: node --conditions=@fieldkit/source bench/console/citations.ts [--limit N] [--out FILE]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Citation, Run } from '@fieldkit/core';
import { foldText } from '@fieldkit/core/quote';
import type { Page } from 'playwright-core';
import { chromiumPath, launchChromium } from '../../test/chromium.ts';
import { runFieldkit } from '../../test/run-fieldkit.ts';
import { serveProject } from '../../test/serve-project.ts';

const here = dirname(fileURLToPath(import.meta.url));
const EXAMPLES = ['equipment-desk', 'policy-desk-zh'];
/** Of the quote's characters that must be marked, and of the marked ones that must be the quote's, for a citation to count as covered. */
const RECALL = 0.98;
const PRECISION = 0.95;
/** A quarter of an hour on a busy machine must not end because of one slow page. */
const PATIENCE_MS = 300_000;

interface Question {
  readonly id: string;
  readonly question: string;
  readonly history?: readonly string[];
  readonly caller?: { readonly groups?: readonly string[] };
}

interface Opened {
  readonly question: string;
  readonly marker: number;
  readonly kind: 'page' | 'text' | 'record';
  readonly document: string;
  readonly quote: string;
  readonly marked: string;
  readonly recall: number;
  readonly precision: number;
  /** Marked characters in the order of the quote, and nothing else. */
  readonly same: boolean;
  /** The first mark is in view. */
  readonly inView: boolean;
  /** From the click to the first mark, as the page's clock has it. */
  readonly ms: number;
  /** The first of its tab: the viewer and its worker are fetched and compiled within `ms`. */
  readonly first: boolean;
}

const { values } = parseArgs({ options: { limit: { type: 'string' }, out: { type: 'string' } } });
const limit = values.limit === undefined ? Number.POSITIVE_INFINITY : Number(values.limit);
const executable = chromiumPath();
if (executable === undefined) throw new Error('chromium is not installed (Debian: apt-get install chromium)');
const load = loadavg().map((value) => Number(value.toFixed(1)));
const browser = await launchChromium(executable);
const read = new Map<string, PageCharacter[]>();
const opened: Record<string, Opened[]> = {};
const paints: number[] = [];
try {
  for (const example of EXAMPLES) opened[example] = await openAll(example);
} finally {
  await browser.close();
}

const all: Opened[] = Object.values(opened).flat();
const result = {
  covered: `recall >= ${RECALL} and precision >= ${PRECISION} of the quote's characters`,
  loadAverage: load,
  firstUsefulPaintMs: spread(paints),
  scriptKilobytes: scriptKilobytes(),
  citations: Object.fromEntries(
    [...Object.entries(opened), ['both', all] as const].map(([name, list]) => [name, summaryOf(list)]),
  ),
  notCovered: all.filter((one) => !isCovered(one)),
};
const out = values.out ?? join(here, 'citations.json');
writeFileSync(out, `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify({ ...result, notCovered: result.notCovered.length }, null, 2));

async function openAll(example: string): Promise<Opened[]> {
  const root = mkdtempSync(join(tmpdir(), 'fieldkit-console-'));
  try {
    cpSync(join(here, '../../examples', example), root, {
      recursive: true,
      filter: (path) => !/node_modules|\.fieldkit/.test(path),
    });
    const { code, stderr } = await runFieldkit(['ingest', '--project', root]);
    if (code !== 0) throw new Error(`ingest of ${example} ended with ${code}: ${stderr}`);
    const lines = readFileSync(join(root, 'evals/questions.jsonl'), 'utf8').trim().split('\n');
    const questions = spreadOver(lines.map((line): Question => JSON.parse(line)));
    const groups = [...new Set(questions.flatMap(({ caller }) => caller?.groups ?? []))];
    const served = await serveProject(root, groups.length === 0 ? [] : ['--groups', groups.join(',')]);
    try {
      await measurePaint(served.url);
      const found: Opened[] = [];
      for (const [index, question] of questions.entries()) {
        found.push(...(await openCitations(served.url, root, question)));
        if (index % 10 === 9)
          console.error(`${example}: ${index + 1} of ${questions.length} questions, ${found.length} citations`);
      }
      return found;
    } finally {
      await served.stop();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** All of them, or `limit` from everywhere. */
function spreadOver(questions: readonly Question[]): readonly Question[] {
  const step = Math.max(1, questions.length / limit);
  return questions.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

/** Until the question can be typed, in a browser that has never seen the console. */
async function measurePaint(url: string): Promise<void> {
  for (let time = 0; time < 5; time += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url, { waitUntil: 'commit' });
    await page.waitForFunction(() => document.querySelector('.composer textarea') !== null, undefined, {
      polling: 'raf',
    });
    paints.push(await page.evaluate(() => performance.now()));
    await context.close();
  }
}

async function openCitations(url: string, root: string, { id, question, history = [] }: Question): Promise<Opened[]> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  try {
    await page.goto(url);
    for (const [index, asked] of [...history, question].entries()) {
      await page.getByRole('textbox').first().fill(asked);
      await page.keyboard.press('Enter');
      await page.locator('.turn').nth(index).locator('.turn-foot, .failure').waitFor();
    }
    const turn = page.locator('.turn').last();
    const runHref = await turn
      .getByRole('link')
      .last()
      .getAttribute('href')
      .catch(() => null);
    if (runHref === null) return [];
    const run = (await (await fetch(`${url}/api${runHref}`)).json()) as Run;
    const { citations = [] } = (run.output ?? {}) as { citations?: readonly Citation[] };
    const found: Opened[] = [];
    for (const { marker, quote, source } of citations) {
      const ms = await clickUntilMarked(page, marker);
      const kind = source.kind === 'record' ? 'record' : source.places.length > 0 ? 'page' : 'text';
      const marked =
        source.kind === 'passage' && kind === 'page'
          ? underMarks(join(root, source.uri), await marksOf(page))
          : await markedText(page);
      const scores = compare(quote, marked);
      const inView = await firstMarkInView(page);
      const document = source.kind === 'record' ? source.tool : source.uri;
      found.push({
        question: id,
        marker,
        kind,
        document,
        quote,
        marked,
        ...scores,
        inView,
        ms,
        first: found.length === 0,
      });
    }
    return found;
  } finally {
    await context.close();
  }
}

/** Clicks the citation's chip in the text and waits for the first mark; -1 when none comes in ten seconds. */
async function clickUntilMarked(page: Page, marker: number): Promise<number> {
  const close = page.locator('.source-side .icon-button').last();
  if (await close.isVisible()) await close.click();
  return page.evaluate(async (number) => {
    const chips = [
      ...document.querySelectorAll<HTMLElement>('.turn:last-of-type .chip, .turn:last-of-type .sources button'),
    ];
    const chip = chips.find(
      (one) => (one.querySelector('.source-number')?.textContent ?? one.textContent)?.trim() === String(number),
    );
    if (chip === undefined) return -1;
    const started = performance.now();
    chip.click();
    while (performance.now() - started < 10_000) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      if (document.querySelector('.source-side :is(.mark, .place.alone, mark)') !== null) {
        const ms = performance.now() - started;
        await new Promise((resolve) => setTimeout(resolve, 50)); // all marks are set together; layout settles
        return ms;
      }
    }
    return -1;
  }, marker);
}

interface PageMark {
  readonly page: number;
  /** In points. */
  readonly box: readonly [number, number, number, number];
}

/** The drawn marks in points of their page: whatever the script thinks, this is what a person sees. */
async function marksOf(page: Page): Promise<PageMark[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.pdf-page')].flatMap((sheet) => {
      const { left, top } = sheet.getBoundingClientRect();
      const scale = Number(sheet.style.getPropertyValue('--total-scale-factor'));
      return [...sheet.querySelectorAll('.mark, .place.alone')].map((mark) => {
        const box = mark.getBoundingClientRect();
        const points = [box.left - left, box.top - top, box.right - left, box.bottom - top].map(
          (pixels) => pixels / scale,
        );
        return { page: Number(sheet.dataset.page), box: points as [number, number, number, number] };
      });
    }),
  );
}

function markedText(page: Page): Promise<string> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.source-side mark')].map((mark) => mark.textContent).join('\n'),
  );
}

function firstMarkInView(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const mark = document.querySelector('.source-side :is(.mark, .place.alone, mark)')?.getBoundingClientRect();
    const view = document.querySelector('.source-side .viewer-scroll')?.getBoundingClientRect();
    return mark !== undefined && view !== undefined && mark.top >= view.top - 1 && mark.top < view.bottom;
  });
}

interface PageCharacter {
  readonly character: string;
  readonly x: number;
  readonly y: number;
}

/** The characters whose middles are under a mark, in the order of the page. */
function underMarks(file: string, marks: readonly PageMark[]): string {
  const pages = [...new Set(marks.map(({ page }) => page))].sort((a, b) => a - b);
  return pages
    .flatMap((page) => {
      const boxes = marks.filter((mark) => mark.page === page).map(({ box }) => box);
      return charactersOf(file, page)
        .filter(({ x, y }) => boxes.some(([x0, y0, x1, y1]) => x >= x0 && x <= x1 && y >= y0 && y <= y1))
        .map(({ character }) => character);
    })
    .join('');
}

/** Every character of a page with the middle of its box, as MuPDF has it. */
function charactersOf(file: string, page: number): PageCharacter[] {
  const key = `${file} ${page}`;
  const known = read.get(key);
  if (known !== undefined) return known;
  const xml = execFileSync('mutool', ['draw', '-q', '-F', 'stext', file, String(page)], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const characters = Array.from(xml.matchAll(/<char quad="([^"]+)"[^>]* c="([^"]*)"/g), ([, quad = '', c = '']) => {
    const numbers = quad.split(' ').map(Number);
    const middle = (from: number) => [0, 2, 4, 6].reduce((sum, at) => sum + (numbers[from + at] ?? 0), 0) / 4;
    return { character: unescapeXml(c), x: middle(0), y: middle(1) };
  });
  read.set(key, characters);
  return characters;
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
    name === undefined
      ? String.fromCodePoint(Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16))
      : (named[name] ?? whole),
  );
}

/** Characters as a reader counts them: no blanks, hyphens, or bars between cells. */
function charactersIn(text: string): string[] {
  return [...foldText(text).replace(/[\s|-]/g, '')];
}

function compare(quote: string, marked: string): Pick<Opened, 'recall' | 'precision' | 'same'> {
  const [wanted, found] = [charactersIn(quote), charactersIn(marked)];
  const left = new Map<string, number>();
  for (const character of found) left.set(character, (left.get(character) ?? 0) + 1);
  let common = 0;
  for (const character of wanted) {
    const count = left.get(character) ?? 0;
    if (count === 0) continue;
    left.set(character, count - 1);
    common += 1;
  }
  const share = (of: number) => (of === 0 ? 0 : Number((common / of).toFixed(4)));
  return { recall: share(wanted.length), precision: share(found.length), same: wanted.join('') === found.join('') };
}

function isCovered({ recall, precision }: Opened): boolean {
  return recall >= RECALL && precision >= PRECISION;
}

function summaryOf(list: readonly Opened[]) {
  const share = (part: readonly Opened[]) =>
    list.length === 0 ? null : Number((part.length / list.length).toFixed(4));
  const kinds = Object.fromEntries(
    (['page', 'text', 'record'] as const).map((kind) => {
      const own = list.filter((one) => one.kind === kind);
      return [
        kind,
        { citations: own.length, covered: own.filter(isCovered).length, same: own.filter(({ same }) => same).length },
      ];
    }),
  );
  return {
    citations: list.length,
    covered: share(list.filter(isCovered)),
    same: share(list.filter(({ same }) => same)),
    inView: share(list.filter(({ inView }) => inView)),
    kinds,
    firstMarkMs: spread(list.filter(({ first }) => first).map(({ ms }) => ms)),
    laterMarkMs: spread(list.filter(({ first }) => !first).map(({ ms }) => ms)),
    within1s: share(list.filter(({ ms }) => ms >= 0 && ms <= 1_000)),
  };
}

function spread(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b).map(Math.round);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? null };
}

function scriptKilobytes(): Record<string, number> {
  const app = join(here, '../../packages/console/dist/app');
  const page = readFileSync(join(app, 'index.html'), 'utf8');
  const names = Array.from(page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g), ([, name = '']) => name);
  const gzip = (name: string) => execFileSync('gzip', ['-9c', join(app, name)], { maxBuffer: 1e8 }).byteLength / 1024;
  return Object.fromEntries(
    names.map((name) => [name.replace(/^assets\/|-[\w-]{8}(?=\.)/g, ''), Number(gzip(name).toFixed(1))]),
  );
}
