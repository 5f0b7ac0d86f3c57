/** Two prompts against the same questions: a ledger, scores with intervals, a paired comparison, causes, and a report. Offline. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attribute,
  buildReport,
  evaluateToLedger,
  type NamedTarget,
  numberAnywhere,
  openLedger,
  readCases,
  refusal,
  reportHtml,
  textAnswer,
  verdict,
} from '@fieldkit/eval';

const folder = mkdtempSync(join(tmpdir(), 'fieldkit-example-'));
const questions = join(folder, 'questions.jsonl');
const lines = Array.from({ length: 60 }, (_, index) => ({
  id: `pump-${index}`,
  question: `After how many hours does pump ${index} need oil?`,
  references: [`${500 + index} hours`],
}));
writeFileSync(questions, lines.map((line) => JSON.stringify(line)).join('\n'));

/** A target is a name, what its answers depend on, and a function. This one is right for a known share of the pumps. */
function targetOf(name: string, share: number): NamedTarget {
  return {
    name,
    identity: { prompt: name, model: 'made-up', temperature: 0 },
    async ask(item) {
      const pump = Number(item.id.slice(5));
      const hours = (pump * 37) % 60 < share * 60 ? 500 + pump : 1;
      return { answer: textAnswer(`It needs oil after ${hours} hours.`), durationMs: 3 };
    },
  };
}

const ledger = openLedger({ path: join(folder, 'ledger.sqlite') });
const scorers = [numberAnywhere, refusal];
await evaluateToLedger({
  ledger,
  cases: () => readCases(questions),
  targets: [targetOf('before', 0.5), targetOf('after', 0.8)],
  rounds: 2,
  scorers,
});
const report = await buildReport({ ledger, title: 'Pumps', scorers, attribute });
ledger.close();
writeFileSync(join(folder, 'report.html'), reportHtml(report));

console.log(verdict(report));
assert.equal(report.comparisons[0]?.significant, true);
assert.equal(report.targets[0]?.attribution?.counts[0]?.cause, 'not-extracted');
assert.deepEqual(report.targets[1]?.stability?.flipRate, 0);
rmSync(folder, { recursive: true });
