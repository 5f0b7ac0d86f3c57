/** A run that ends by kill -9: `kill-me.ts LEDGER CASES KILL_AFTER`. Prints a line for each case it asks; every fourth answer holds back. */
import { caseSchema, evaluateToLedger, openLedger, refusal, textAnswer } from '@fieldkit/eval';

const [path = '', count = '0', killAfter = 'Infinity'] = process.argv.slice(2);
let asked = 0;
const ledger = openLedger({ path });
await evaluateToLedger({
  ledger,
  cases: () => Array.from({ length: Number(count) }, (_, id) => caseSchema.parse({ id: `c${id}`, question: `question ${id}` })),
  targets: [
    {
      name: 'm',
      identity: 1,
      async ask({ id }) {
        process.stdout.write(`${id}\n`);
        asked += 1;
        if (asked >= Number(killAfter)) process.kill(process.pid, 'SIGKILL');
        await new Promise((resolve) => setTimeout(resolve, 2));
        const status = Number(id.slice(1)) % 4 === 0 ? 'insufficient' : 'answered';
        return { answer: textAnswer(`answer to ${id}`, { status }), durationMs: 2 };
      },
    },
  ],
  scorers: [refusal],
  concurrency: 8,
});
ledger.close();
