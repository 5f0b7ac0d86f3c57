import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import { createFakeClock } from '@fieldkit/core/testing';
import { expect, it } from 'vitest';
import { createWorld, factsOf, miniCase, runMini } from '../attribution/__fixtures__/mini-pipeline.ts';
import { attribute } from '../attribution/attribute.ts';
import { evaluateToLedger } from '../ledger/evaluate-to-ledger.ts';
import { openLedger } from '../ledger/ledger.ts';
import { agentScorers } from '../scorers.ts';
import { buildReport } from './build-report.ts';
import { reportHtml } from './report-html.ts';
import { reportMarkdown } from './report-markdown.ts';
import { csvLine, rowsCsv, rowsJunit } from './report-rows.ts';

async function ledgerOfTwo() {
  const ledger = openLedger({ path: join(mkdtempSync(join(tmpdir(), 'fieldkit-report-')), 'ledger.sqlite') });
  const worlds = { weak: { ...createWorld(), limit: 0 }, strong: createWorld() };
  ledger.saveConfiguration({ a: 1 }, { a: 1, b: '<script>alert(1)</script>' });
  await evaluateToLedger({
    ledger,
    cases: () => Array.from({ length: 30 }, (_, index) => miniCase(index)),
    rounds: 2,
    scorers: agentScorers,
    targets: (['weak', 'strong'] as const).map((name) => ({
      name,
      identity: { name },
      ask: async (item) => {
        if (name === 'strong' && item.id === 'mini-7') throw new FieldkitError('MODEL_UNREACHABLE', 'down');
        // The weak one finds nothing for two items of three.
        const world = name === 'weak' && Number(item.id.slice(5)) % 3 === 0 ? worlds.strong : worlds[name];
        return runMini(world, item, item.id === 'mini-5' ? { text: () => 'Use <b>fire</b> | *now*' } : {});
      },
    })),
  });
  return ledger;
}

it('builds a report from a ledger: scores, stability, comparison, causes, worst items', async () => {
  const ledger = await ledgerOfTwo();
  const report = await buildReport({
    ledger,
    title: 'Pumps',
    scorers: agentScorers,
    headline: 'gold-place-first-3',
    criteria: { gates: [{ scorer: 'refusal', atLeast: 0.9, by: 'mean', ofAll: true, items: 1 }] },
    attribute: (row) => attribute({ ...row }, { facts: factsOf(createWorld()) }),
    clock: createFakeClock(),
  });
  expect(report.dataset).toMatchObject({ items: 30, kinds: { fact: 30 }, languages: { en: 30 } });
  expect(report.gates?.outcome).toBe('missed');
  const [weak, strong] = report.targets;
  expect(weak?.summary.scores[0]?.overall).toMatchObject({ scored: 60, mean: 1 / 3 });
  expect(weak?.stability).toMatchObject({ passHatK: [1 / 3, 1 / 3], flipRate: 0 });
  expect(strong?.summary.infrastructureFailures).toBe(2);
  expect(weak?.attribution?.counts[0]).toMatchObject({ cause: 'ranking-miss', items: 40 });
  expect(report.comparisons).toHaveLength(1);
  expect(report.comparisons[0]).toMatchObject({ scorer: 'gold-place-first-3', n: 29, significant: true });
  expect(report.worst[0]?.steps.length).toBeGreaterThan(0);

  const markdown = reportMarkdown(report);
  expect(markdown).toContain('gold-place-first-3: strong is 65.5 points above weak');
  expect(markdown).toContain('ranking-miss');
  expect(markdown).toContain('2026-01-01 · 30 items');
  expect(markdown).not.toContain('<b>');

  const html = reportHtml(report);
  expect(html).not.toMatch(/<script|<b>|src=|href=|https?:\/\//);
  expect(html).toContain('Content-Security-Policy');
  expect(html.match(/<section>/g)?.length).toBe(html.match(/<\/section>/g)?.length);

  const csv = [...rowsCsv(ledger.rows(), ['refusal'])].join('');
  expect(csv.split('\r\n')).toHaveLength(1 + 120 + 1);
  const junit = [...rowsJunit(ledger.rows(), { refusal: 1 })].join('');
  expect(junit.match(/<testcase/g)).toHaveLength(120);
  expect(junit.match(/<failure/g)).toHaveLength(40);
  expect(junit.match(/<error/g)).toHaveLength(2);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  ledger.close();
});

it('disarms formulas behind blanks and with wide signs', () => {
  for (const cell of [' =1+1', '\u00a0@SUM(A1)', '＝HYPERLINK("x")', '\ufeff+cmd', '\n=1', '\tx'])
    expect(csvLine([cell]).replace(/^"/, '')).toMatch(/^'/);
  expect(csvLine([' -5', 'a = b', '5 @ 3'])).toBe(' -5,a = b,5 @ 3\r\n');
});

it('disarms formulas and quotes separators in CSV', () => {
  expect(csvLine(['=HYPERLINK("x")', '-5', 'a,b', '-x'])).toBe(`"'=HYPERLINK(""x"")",-5,"a,b",'-x\r\n`);
});
