import { type Finding, type Table, tableText } from '@fieldkit/core';
import { applyStep, type CleanStep, cleanSteps } from './clean-text.ts';
import type { DraftBlock } from './reader.ts';
import { withoutContents } from './without-contents.ts';

export interface CleanOptions {
  /** Names of steps to switch on or off, against their default. */
  readonly steps?: Readonly<Record<string, boolean>>;
}

export interface CleanedBlocks {
  readonly blocks: readonly DraftBlock[];
  /** What each step did, with counts. */
  readonly findings: readonly Finding[];
}

/** Runs the cleaning steps over every block; places keep pointing at their words. */
export function cleanBlocks(blocks: readonly DraftBlock[], { steps: switches = {} }: CleanOptions = {}): CleanedBlocks {
  const steps = cleanSteps.filter(({ name, byDefault }) => switches[name] ?? byDefault);
  const counts = new Map<CleanStep, number>();
  const all = [...steps, ...(switches['cjk-spaces'] !== false && hasBrokenSpaces(blocks) ? [CJK_SPACES] : [])];
  const { blocks: kept, findings: left } =
    switches.contents === false ? { blocks, findings: [] } : withoutContents(blocks);
  const cleaned = kept.map((block) => {
    let current = block;
    for (const step of all) {
      if (block.kind === 'code' && (step.name === 'spaces' || step === CJK_SPACES)) continue;
      const { block: next, changes } =
        current.table === undefined ? cleanPlain(current, step) : cleanTable(current, current.table, step);
      current = next;
      if (changes > 0) counts.set(step, (counts.get(step) ?? 0) + changes);
    }
    return current;
  });
  const findings = [...counts].map(
    ([{ name, summary }, count]): Finding => ({
      severity: 'info',
      code: `cleaned-${name}`,
      message: `${count} times: ${summary}`,
    }),
  );
  return { blocks: cleaned, findings: [...left, ...findings] };
}

const CJK_SPACES: CleanStep = {
  name: 'cjk-spaces',
  summary: 'spaces between Chinese characters, which the document sets between most of them',
  byDefault: true,
  pattern: /(?<=\p{Script=Han})[ \u3000](?=\p{Script=Han})/gu,
  replace: () => '',
};

/** Old exports and OCR put a space behind every character; a document that does so for a fifth of them means nothing by it. */
function hasBrokenSpaces(blocks: readonly DraftBlock[]): boolean {
  const text = blocks.map((block) => block.text).join('\n');
  const spaced = text.match(/\p{Script=Han} (?=\p{Script=Han})/gu)?.length ?? 0;
  const together = text.match(/\p{Script=Han}(?=\p{Script=Han})/gu)?.length ?? 0;
  return spaced > 20 && spaced * 4 > together;
}

function cleanPlain(block: DraftBlock, step: CleanStep): { block: DraftBlock; changes: number } {
  const { text, changes, moved } = applyStep(block.text, step);
  if (changes === 0) return { block, changes };
  const places = block.places?.map(({ start, end, place }) => ({ start: moved(start), end: moved(end), place }));
  return { block: { ...block, text, ...(places !== undefined && { places }) }, changes };
}

/** Places of a table go by its lines, one for each row: cleaning leaves their number alone. */
function cleanTable(block: DraftBlock, table: Table, step: CleanStep): { block: DraftBlock; changes: number } {
  let changes = 0;
  const rows = table.rows.map((row) =>
    row.map((cell) => {
      const result = applyStep(cell.text, step);
      changes += result.changes;
      return result.changes === 0 ? cell : { ...cell, text: result.text };
    }),
  );
  if (changes === 0) return { block, changes };
  const clean = { ...table, rows };
  const text = tableText(clean);
  const before = lineStarts(block.text);
  const after = lineStarts(text);
  const places = block.places?.map(({ start, end, place }) => {
    const first = before.findLastIndex((at) => at <= start);
    const last = before.findLastIndex((at) => at < Math.max(end, start + 1));
    return { start: after[first] ?? 0, end: (after[last + 1] ?? text.length + 1) - 1, place };
  });
  return { block: { ...block, text, table: clean, ...(places !== undefined && { places }) }, changes };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
