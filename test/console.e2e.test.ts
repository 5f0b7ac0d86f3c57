import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Citation, Run } from '@fieldkit/core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { chromiumPath, launchChromium } from './chromium.ts';
import { gardenProject, runFieldkit } from './run-fieldkit.ts';
import { type Served, serveProject } from './serve-project.ts';

const executable = chromiumPath();
if (executable === undefined)
  console.warn('test/console.e2e.test.ts is skipped: chromium is not installed (Debian: apt-get install chromium)');

const EXAMPLE = fileURLToPath(new URL('../examples/equipment-desk', import.meta.url));
/** A manual in PDF, a policy in Word and a text: enough of the example, and quick to read. */
const KNOWLEDGE = ['manuals/xc90-manual.pdf', 'policies/warranty-policy.docx', 'faq/support-faq.txt'];
const OIL = 'How often must the oil of the XC90 compressor be changed?';
const CLAIM = 'Which readings does the form WC-4 need?';

/** Pictures of every view are kept there when it is set. */
const PICTURES = process.env.CONSOLE_PICTURES;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Look {
  readonly name: string;
  readonly width: number;
  readonly dark: boolean;
  readonly language: 'en' | 'zh-CN';
}

const DESK: Look = { name: 'desk', width: 1280, dark: false, language: 'en' };
const PHONE: Look = { name: 'phone-dark-zh', width: 390, dark: true, language: 'zh-CN' };

describe.skipIf(executable === undefined)('the console in a browser', () => {
  let root: string;
  let served: Served;
  let browser: Browser;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'fieldkit console '));
    for (const part of ['package.json', 'fieldkit.config.ts', 'prompts', 'tools', 'evals'])
      cpSync(join(EXAMPLE, part), join(root, part), { recursive: true });
    for (const name of KNOWLEDGE) cpSync(join(EXAMPLE, 'knowledge', name), join(root, 'knowledge', name));
    const { code, stderr } = await runFieldkit(['ingest', '--project', root]);
    expect(code, stderr).toBe(0);
    for (const name of ['before', 'after']) {
      const evaluated = await runFieldkit([
        'eval',
        'run',
        '--limit',
        '3',
        '--ledger',
        '--name',
        name,
        '--project',
        root,
      ]);
      expect(evaluated.code, evaluated.stderr).toBe(0);
    }
    served = await serveProject(root);
    browser = await launchChromium(executable ?? '');
  });

  afterAll(async () => {
    await browser?.close();
    await served?.stop();
    rmSync(root, { recursive: true, force: true });
  });

  async function open(path: string, look: Look = DESK, url = served.url): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.dark ? 'dark' : 'light',
      locale: look.language,
    });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    page.on('pageerror', (error) => problems.push(error.message));
    page.on(
      'console',
      (message) => message.type() === 'error' && !/status of 401/.test(message.text()) && problems.push(message.text()),
    );
    await page.goto(url + path);
    return page;
  }
  const problems: string[] = [];

  const load = async <T>(path: string): Promise<T> => (await (await fetch(`${served.url}/api${path}`)).json()) as T;

  async function ask(page: Page, question: string): Promise<Run> {
    const turns = await page.locator('.turn').count();
    await page.getByRole('textbox').last().fill(question);
    await page.keyboard.press('Enter');
    const turn = page.locator('.turn').nth(turns);
    await turn.locator('.turn-foot').waitFor();
    return load<Run>((await turn.locator('a[href^="/runs/"]').getAttribute('href')) ?? '');
  }

  const citationsOf = ({ output }: Run) => (output as { citations: readonly Citation[] }).citations;

  it('shows a pilot in five minutes: ask, follow up, see the cited words, say what is wrong, find the case', async () => {
    const page = await open('/');
    await page.getByText('Extractive stand-in, no language model.').waitFor();
    await page.locator('.suggestions button').first().waitFor();

    const first = await ask(page, OIL);
    const onPage = citationsOf(first).find(({ source }) => source.kind === 'passage' && source.places.length > 0);
    if (onPage?.source.kind !== 'passage') throw new Error('no citation of the PDF');
    const chip = page
      .locator('.turn')
      .last()
      .locator('.chip', { hasText: String(onPage.marker) });
    await chip.click();
    await page.locator('.mark').first().waitFor();
    const [place] = onPage.source.places;
    const shown = page.locator(`.pdf-page[data-page="${place?.page}"]`);
    expect(await shown.locator('.mark').count()).toBeGreaterThan(0);
    // the marks lie inside the place that the document gives
    const scale = Number(
      await shown.evaluate((sheet: HTMLElement) => sheet.style.getPropertyValue('--total-scale-factor')),
    );
    const [sheet, mark] = [await shown.boundingBox(), await shown.locator('.mark').first().boundingBox()];
    const top = ((mark?.y ?? 0) - (sheet?.y ?? 0)) / scale;
    expect(top).toBeGreaterThan((place?.box[1] ?? 0) - 4);
    expect(top).toBeLessThan(place?.box[3] ?? 0);
    await picture(page, 'citation-pdf');
    await page.locator('.viewer-scroll').press('Escape');
    await page.locator('.source-side').waitFor({ state: 'detached' });
    expect(await chip.evaluate((element) => element === document.activeElement)).toBe(true);

    const second = await ask(page, CLAIM);
    expect((second.input as { history: unknown[] }).history).toHaveLength(1);
    expect(second.sessionId).toBe(first.sessionId);
    const inWord = citationsOf(second).find(({ source }) => source.kind === 'passage' && source.uri.endsWith('.docx'));
    if (inWord === undefined) throw new Error('no citation of the Word file');
    await page
      .locator('.turn')
      .last()
      .locator('.chip', { hasText: String(inWord.marker) })
      .click();
    await page.locator('.document-text mark').first().waitFor();
    expect((await page.locator('.document-text mark').allTextContents()).join(' ')).toBe(inWord.quote);
    await picture(page, 'citation-word');
    await page.getByRole('button', { name: 'Close' }).click();

    const turn = page.locator('.turn').last();
    await turn.getByRole('button', { name: 'Wrong answer' }).click();
    await turn.getByLabel('What is wrong?').fill('It leaves out the photographs.');
    await turn.getByLabel(/What would be right/).fill('Three photographs');
    await turn.getByRole('button', { name: 'Save' }).click();
    await turn.getByRole('button', { name: 'Make it an evaluation case' }).click();
    await turn.getByRole('link', { name: 'See the evaluation case' }).click();
    await page.locator('.wanted').waitFor();
    expect(await page.locator('.wanted').textContent()).toContain(CLAIM);
    await picture(page, 'case');
    const [line = ''] = readFileSync(join(root, 'evals/feedback.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(line)).toMatchObject({ question: CLAIM, references: ['Three photographs'], history: [OIL] });

    await page.getByRole('link', { name: 'Chat' }).click(); // the conversation is still there
    expect(await page.locator('.turn').count()).toBe(2);
    expect(problems).toEqual([]);
  });

  it('can be used with the keyboard alone', async () => {
    const page = await open('/runs');
    await page.getByRole('link', { name: 'Skip to content' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to content');
    await page.goto(served.url);
    await page.getByRole('textbox').focus();
    await page.keyboard.type(OIL);
    await page.keyboard.press('Enter');
    await page.locator('.turn-foot').waitFor();
    for (
      let step = 0;
      step < 40 && !(await page.evaluate(() => document.activeElement?.classList.contains('chip')));
      step += 1
    )
      await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.locator(':is(.mark, mark)').first().waitFor();
    await page.keyboard.press('Tab');

    await page.goto(`${served.url}/project`);
    await page.getByRole('tab', { name: 'Pipeline' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await focused(page)).toBe('Tools');
    await page.getByText('search_knowledge').first().waitFor();
  });

  it.each([DESK, PHONE])(
    'has no serious violation of accessibility rules, no error and no sideways scrolling: $name',
    async (look) => {
      const page = await open('/', look);
      await page.locator('.suggestions').waitFor();
      await check(page, look, 'welcome');
      const { id } = await ask(page, OIL);
      await page.locator('.turn-foot button').nth(1).click();
      await check(page, look, 'chat');
      await page.locator('.chip').first().click();
      await page.locator(':is(.mark, mark)').first().waitFor();
      await check(page, look, 'source');
      const { documents } = await load<{ documents: { id: string; uri: string }[] }>('/documents');
      const document = (end: string) => documents.find(({ uri }) => uri.endsWith(end))?.id;
      const views: readonly (readonly [name: string, path: string, shown: string])[] = [
        ['runs', '/runs', 'table'],
        ['run', `/runs/${id}`, '.timeline'],
        ['documents', '/documents', 'table'],
        ['search', '/documents?tab=search', '.search-form'],
        ['pdf', `/documents/${document('.pdf')}`, '.pdf-page canvas'],
        ['word', `/documents/${document('.docx')}`, '.document-text'],
        ['chunks', `/documents/${document('.pdf')}?tab=chunks`, '.cards'],
        ['facts', `/documents/${document('.pdf')}?tab=facts`, '.facts'],
        ['evaluation', '/evaluation', 'table'],
        ['evaluation-run', '/evaluation?tab=runs&run=before', '.items'],
        ['comparison', '/evaluation?tab=compare', '.verdict'],
        ['questions', '/evaluation?tab=questions', '.items'],
        ['feedback', '/evaluation?tab=feedback', '.tab-panel > *'],
        ['pipeline', '/project', '.chart'],
        ['tools', '/project?tab=tools', '.items'],
        ['configuration', '/project?tab=configuration', '.items'],
        ['doctor', '/project?tab=doctor', '.checks'],
        ['nowhere', '/nowhere', '.empty'],
      ];
      for (const [name, path, shown] of views) {
        await page.goto(served.url + path);
        await page.locator(shown).first().waitFor();
        const box = page.getByRole('checkbox');
        if (name === 'pdf') await box.check();
        await check(page, look, name);
      }
      expect(problems).toEqual([]);
    },
    240_000,
  );

  it('asks for a key where the server does, and says when it is a wrong one', async () => {
    const elsewhere = gardenProject(); // a key of the served project would close it for the other tests
    const made = await runFieldkit(['keys', 'new', 'console', '--json', '--project', elsewhere]);
    const keys = join(elsewhere, 'keys.json');
    const { key } = JSON.parse(made.stdout) as { key: string };
    const closed = await serveProject(root, ['--keys', keys]);
    try {
      const page = await open('/', DESK, closed.url);
      const field = page.getByLabel('Key', { exact: true });
      await field.fill('fk-0000000000-wrong');
      await page.getByRole('button', { name: 'Enter' }).click();
      await page.getByText('The server does not accept this key.').waitFor();
      await check(page, DESK, 'key');
      await field.fill(key);
      await page.getByRole('button', { name: 'Enter' }).click();
      await page.locator('.composer').waitFor();
      // a key without the role sees no evaluation and no project
      expect(await page.getByRole('navigation').getByRole('link').allTextContents()).toEqual([
        'Chat',
        'Traces',
        'Knowledge',
      ]);
      await page.reload();
      await page.locator('.composer').waitFor();
      await page.getByRole('button', { name: 'Forget the key' }).click();
      await page.getByLabel('Key', { exact: true }).waitFor();
    } finally {
      await closed.stop();
    }
  });

  it('speaks the language of the browser until another is chosen, and remembers that', async () => {
    const page = await open('/documents', { ...DESK, language: 'zh-CN' });
    await page.getByRole('heading', { name: '知识库' }).waitFor();
    await page.getByRole('button', { name: 'Switch to English' }).click();
    await page.getByRole('heading', { name: 'Knowledge' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Knowledge' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  });

  async function check(page: Page, look: Look, view: string): Promise<void> {
    await picture(page, `${view}-${look.name}`);
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
      const { violations: found } = await (
        Reflect.get(window, 'axe') as { run(): Promise<{ violations: AxeViolation[] }> }
      ).run();
      return found.map(({ id, impact, nodes }) => ({
        id,
        impact,
        where: nodes.map(({ target }) => target.join(' ')).slice(0, 3),
      }));
    });
    expect(
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical'),
      view,
    ).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow, `${view} scrolls sideways`).toBeLessThanOrEqual(0);
  }

  function focused(page: Page): Promise<string | undefined> {
    return page.evaluate(() => document.activeElement?.textContent?.trim());
  }

  async function picture(page: Page, name: string): Promise<void> {
    if (PICTURES === undefined) return;
    if (!existsSync(PICTURES)) mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
});

interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}
