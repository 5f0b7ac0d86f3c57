import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Kills (SIGKILL) runs at random points, until so many had begun, and resumes them: `node --conditions=@fieldkit/source bench/agent/kill-runs.ts [runs] [yes|no]`.
 * Prints one JSON object: lost acknowledged steps, repeated writes, unknown outcomes asked about, answers that differ.
 */
const runs = Number(process.argv[2] ?? 200);
const idempotent = process.argv[3] ?? 'yes';
const child = fileURLToPath(new URL('./kill-child.ts', import.meta.url));

interface Heard {
  readonly lines: Record<string, unknown>[];
  readonly killed: boolean;
  /** From the first line to the end, in ms. */
  readonly took: number;
}

function start(folder: string, mode: string, killAfterMs?: number): Promise<Heard> {
  return new Promise((resolve) => {
    const process_ = spawn(process.execPath, ['--conditions=@fieldkit/source', child, folder, mode, idempotent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    let timer: NodeJS.Timeout | undefined;
    let begun = 0;
    process_.stdout.on('data', (data: Buffer) => {
      if (text === '') begun = performance.now();
      if (text === '' && killAfterMs !== undefined) timer = setTimeout(() => process_.kill('SIGKILL'), killAfterMs);
      text += data.toString();
    });
    process_.on('close', (_, signal) => {
      clearTimeout(timer);
      const lines = text.split('\n').filter((line) => line.endsWith('}'));
      resolve({
        lines: lines.map((line) => JSON.parse(line)),
        killed: signal === 'SIGKILL',
        took: performance.now() - begun,
      });
    });
  });
}

const effectsOf = (folder: string): string[] => {
  const path = join(folder, 'effects.log');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kill-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const whole = await inFolder((folder) => start(folder, 'ask'));
const expected = whole.lines.at(-1);
/** How long a run takes on this machine now: kills are spread over it. */
let usual = whole.took;
const totals = {
  runs,
  idempotent,
  killed: 0,
  notBegun: 0,
  lostSteps: 0,
  repeatedWrites: 0,
  asked: 0,
  otherAnswers: 0,
  failed: 0,
};
let seed = 42;
const random = () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return seed / 2_147_483_648;
};
while (totals.killed - totals.notBegun < runs) {
  await inFolder(async (folder) => {
    const first = await start(folder, 'ask', Math.round(random() * usual));
    if (!first.killed) {
      usual = (usual + first.took) / 2;
      return;
    }
    totals.killed += 1;
    const second = await start(folder, 'resume');
    if (second.lines.some(({ failed }) => String(failed).includes('there is no run'))) {
      totals.notBegun += 1; // killed before the question was accepted
      return;
    }
    const end = second.lines.findLast(({ status }) => status !== undefined);
    const asked = second.lines.some((line) => line.asked !== undefined);
    if (asked) totals.asked += 1;
    if (end === undefined || second.lines.some((line) => line.failed !== undefined)) totals.failed += 1;
    const known = new Set(end?.steps as string[] | undefined); // written by the child
    totals.lostSteps += first.lines.filter(({ ended }) => ended !== undefined && !known.has(String(ended))).length;
    const effects = effectsOf(folder);
    totals.repeatedWrites += effects.length - new Set(effects).size;
    if (!asked && end?.text !== expected?.text) totals.otherAnswers += 1;
  });
}
process.stdout.write(`${JSON.stringify({ ...totals, expected: expected?.text })}\n`);
