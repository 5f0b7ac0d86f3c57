import type { LedgerRow } from '../ledger/ledger.ts';

/** Rows as CSV (RFC 4180) with a byte order mark, so that spreadsheets read Chinese; a chunk per row, for streaming to a file. */
export function* rowsCsv(rows: Iterable<LedgerRow>, scorers: readonly string[]): Iterable<string> {
  yield `\ufeff${csvLine(['id', 'target', 'round', 'kind', 'split', 'question', 'answer', 'status', 'error', 'milliseconds', ...scorers, 'reasons'])}`;
  for (const { item, target, round, outcome, scores } of rows) {
    const values = scorers.map((name) => {
      const value = scores[name]?.value;
      return value === undefined ? '' : String(value);
    });
    const reasons = Object.entries(scores)
      .filter(([, { value }]) => value !== 1)
      .map(([name, { reason }]) => `${name}: ${reason}`);
    yield csvLine([
      item.id,
      target,
      String(round),
      item.kind,
      item.split,
      item.question,
      outcome.answer.text,
      outcome.answer.status,
      outcome.error?.code ?? '',
      String(Math.round(outcome.durationMs)),
      ...values,
      reasons.join('; '),
    ]);
  }
}

/** A cell that a spreadsheet would take for a formula, also behind blanks or with a wide sign, gets an apostrophe in front (OWASP, CSV injection). */
export function csvLine(cells: readonly string[]): string {
  const quoted = cells.map((cell) => {
    const safe =
      /^(?:[\s\u200b\ufeff]*[=+\-@＝＋－＠]|[\t\r\n])/.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  });
  return `${quoted.join(',')}\r\n`;
}

/** Rows as JUnit XML, as continuous integration shows it: a suite per target, a test per row, failed when a scorer misses its criterion. */
export function* rowsJunit(rows: Iterable<LedgerRow>, criteria: Readonly<Record<string, number>>): Iterable<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n';
  let open: string | undefined;
  for (const { item, target, round, outcome, scores } of rows) {
    if (target !== open) {
      yield `${open === undefined ? '' : '</testsuite>\n'}<testsuite name="${xml(target)}">\n`;
      open = target;
    }
    const missed = Object.entries(scores).filter(
      ([name, { value }]) => value !== 'unavailable' && criteria[name] !== undefined && value < (criteria[name] ?? 0),
    );
    const head = `<testcase classname="${xml(item.kind)}" name="${xml(`${item.id} round ${round}`)}" time="${(outcome.durationMs / 1000).toFixed(3)}"`;
    const error =
      outcome.error === undefined
        ? ''
        : `<error type="${xml(outcome.error.code)}" message="${xml(outcome.error.message)}"/>`;
    const failure = missed
      .map(([name, { reason }]) => `<failure type="${xml(name)}" message="${xml(reason)}"/>`)
      .join('');
    yield error + failure === '' ? `${head}/>\n` : `${head}>${error}${error === '' ? failure : ''}</testcase>\n`;
  }
  yield `${open === undefined ? '' : '</testsuite>\n'}</testsuites>\n`;
}

function xml(value: string): string {
  return value
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
