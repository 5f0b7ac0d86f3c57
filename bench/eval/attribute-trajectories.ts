/**
 * Attribution on real agent trajectories (tau-bench, airline, gpt-4o: 51 failures, 49 passes).
 *
 *   node --conditions=@fieldkit/source bench/eval/attribute-trajectories.ts FILE [--list]
 *
 * The reward is used only to tell failures from passes. On failures each first cause is counted; on passes any cause is a false alarm.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type Attribution,
  attribute,
  type Case,
  caseSchema,
  type Outcome,
  type ToolCallMade,
  textAnswer,
} from '../../packages/eval/src/index.ts';

const [file, flag] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: attribute-trajectories.ts FILE [--list]');

interface Message {
  role: string;
  content: string | null;
  name?: string;
  tool_call_id?: string;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
}
interface Trajectory {
  task_id: number;
  trial: number;
  reward: number;
  task: { actions: { name: string; kwargs: Record<string, unknown> }[]; outputs: string[]; instruction: string };
  reward_info: unknown;
  traj: Message[];
}

/** The policy stands beside the trajectories. */
const policy = readFileSync(join(dirname(file), 'system.txt'), 'utf8');

/** What the airline's API changes its data with. */
const WRITES = new Set([
  'book_reservation',
  'cancel_reservation',
  'update_reservation_flights',
  'update_reservation_baggages',
  'update_reservation_passengers',
  'send_certificate',
]);

function toCase({ task, task_id, trial, traj }: Trajectory): Case {
  return caseSchema.parse({
    id: `task-${task_id}-${trial}`,
    question: task.instruction,
    kind: 'record',
    history: traj
      .filter(({ role, content }) => role === 'user' && (content ?? '') !== '')
      .map(({ content }) => content),
    references: task.outputs.length === 0 ? [] : [task.outputs.join(', ')],
    tools: task.actions.filter(({ name }) => WRITES.has(name)).map(({ name, kwargs }) => ({ name, arguments: kwargs })),
    cluster: `task-${task_id}`,
  });
}

function toOutcome({ traj, reward_info: ended }: Trajectory): Outcome {
  // Call ids repeat within a trajectory: a call's result is the next message of a tool.
  const toolCalls = traj.flatMap(({ tool_calls: calls }, index) =>
    (calls ?? []).map(({ function: { name, arguments: json } }): ToolCallMade => {
      const result = traj.slice(index + 1).find(({ role }) => role === 'tool')?.content ?? '';
      return { name, arguments: JSON.parse(json), result: result.slice(0, 200), isError: result.startsWith('Error') };
    }),
  );
  const said = traj.filter(({ role }) => role === 'assistant').flatMap(({ content }) => (content ?? '').split('\n'));
  const read = traj.filter(({ role }) => role === 'tool').map(({ content }) => content ?? '');
  return {
    // Thousands separators are not part of what is compared, as in the benchmark's own check.
    answer: textAnswer([...new Set(said)].join('\n').replaceAll(',', '')),
    durationMs: 0,
    toolCalls,
    finish: 'stop',
    contexts: [policy, ...read],
    // The benchmark grades nothing that did not end within its bound of turns.
    ...(ended === null
      ? {
          error: {
            code: 'BUDGET_EXCEEDED' as const,
            message: `not ended after ${traj.length} messages`,
            retryable: false,
          },
        }
      : {}),
  };
}

const rows: Trajectory[] = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const options = { facts: { writes: (tool: string) => WRITES.has(tool) }, criteria: { reward: 1 } };
const counts: Record<string, number> = {};
const alarms: string[] = [];
let failures = 0;
let labelled = 0;
for (const row of rows) {
  const [item, outcome] = [toCase(row), toOutcome(row)];
  // Every trajectory is asked about as if it had failed, so that passes show what the rules would claim.
  const result = await attribute({ item, outcome, scores: { reward: { value: 0, reason: '' } } }, options);
  const { cause, evidence, also }: Attribution = result ?? {
    cause: 'unexplained',
    evidence: '',
    also: [],
    notVisible: [],
  };
  if (row.reward === 1) {
    if (cause !== 'unexplained') alarms.push(`${item.id}: ${cause} (${evidence})`);
    continue;
  }
  failures += 1;
  if (cause !== 'unexplained') labelled += 1;
  counts[cause] = (counts[cause] ?? 0) + 1;
  if (flag === '--list') console.log(`${item.id}\t${cause}\t${evidence}\t${also.join(', ')}`);
}
console.log(JSON.stringify({ failures, labelled, counts, passes: rows.length - failures, alarms }, null, 1));
