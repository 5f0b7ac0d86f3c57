import { type ChatRequest, errorRecord, FieldkitError, mapConcurrent, toFieldkitError } from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import { scoreOutcome } from '../evaluate.ts';
import { type Outcome, textAnswer } from '../target.ts';
import type { BatchLine } from './batch-client.ts';
import {
  type LedgerEvaluationOptions,
  type NamedTarget,
  summarizeTargets,
  type TargetSummary,
} from './evaluate-to-ledger.ts';

export interface BatchEvaluationOptions
  extends Pick<
    LedgerEvaluationOptions,
    'ledger' | 'cases' | 'targets' | 'rounds' | 'scorers' | 'concurrency' | 'context' | 'signal'
  > {
  /** Lines of one file. Default 5,000. */
  readonly linesPerBatch?: number;
  /** Between two looks at a batch's state. Default: the client's. */
  readonly pollMs?: number;
  /** Told of every file that was sent, of every state, and of what was recorded. */
  readonly onProgress?: (progress: BatchEvaluationProgress) => void;
}

export interface BatchEvaluationProgress {
  readonly target: string;
  readonly batchId: string;
  readonly state: 'sent' | 'waiting' | 'collected' | 'lost';
  /** As the endpoint says it, or why it was lost. */
  readonly status: string;
  readonly lines: number;
  /** Of them answered, as far as the endpoint says. */
  readonly completed: number;
}

/**
 * `evaluateToLedger` for targets that can be asked by file. The id of every batch is kept in the ledger before anything is waited for: cut
 * short at any moment, the next run collects what was sent and sends only the rest. A line that failed for reasons of the infrastructure
 * stays open for the next run; any other failure is the outcome of its case. A batch that the endpoint no longer knows is sent again.
 *
 * @throws {FieldkitError} `INVALID_OPTION` for a target without a batch client; `CANCELLED`; what submitting throws.
 */
export async function evaluateByBatch(options: BatchEvaluationOptions): Promise<TargetSummary[]> {
  const { ledger, targets, rounds = 1, scorers } = options;
  for (const { name, batch } of targets) {
    if (batch === undefined)
      throw new FieldkitError('INVALID_OPTION', `${name} cannot be asked by file; only prompts on models can`);
  }
  ledger.beginSet();
  for (const target of targets) {
    for (let round = 1; round <= rounds; round += 1) await runRound(target, round, options);
  }
  return summarizeTargets(ledger, targets, scorers);
}

interface Line {
  readonly key: number;
  readonly item: Case;
}

async function runRound(named: NamedTarget, round: number, options: BatchEvaluationOptions): Promise<void> {
  const { ledger, cases, scorers, context = {}, linesPerBatch = 5000, signal, onProgress } = options;
  const cancellable = signal === undefined ? {} : { signal };
  const { name, identity, batch } = named;
  if (batch === undefined) return;
  const target = ledger.target(name, identity);
  const sent = ledger.batches(target, round);
  const waiting = new Set(sent.flatMap(({ items }) => items));
  const known = new Map<number, Case>();
  const fresh = new Set<string>();
  const record = async ({ key, item }: Line, outcome: Outcome) =>
    ledger.record(
      key,
      target,
      round,
      outcome,
      await scoreOutcome(scorers, item, outcome, { ...context, ...cancellable }),
    );
  const send = async (asked: readonly Line[]) => {
    const lines: Line[] = [];
    const requests: ChatRequest[] = [];
    for (const line of asked) {
      try {
        requests.push(batch.request(line.item));
        lines.push(line);
      } catch (error) {
        await record(line, failed(toFieldkitError(error)));
      }
    }
    if (lines.length === 0) return;
    const id = await batch.client.submit(requests, cancellable);
    const items = lines.map(({ key }) => key);
    ledger.noteBatch(target, round, id, items);
    sent.push({ id, items });
    fresh.add(id);
    for (const { key, item } of lines) known.set(key, item);
    onProgress?.({ target: name, batchId: id, state: 'sent', status: 'sent', lines: lines.length, completed: 0 });
  };
  let open: Line[] = [];
  for await (const item of cases()) {
    const key = ledger.putCase(item);
    if (waiting.has(key)) known.set(key, item);
    else if (!ledger.has(key, target, round)) open.push({ key, item });
    if (open.length < linesPerBatch) continue;
    await send(open);
    open = [];
  }
  await send(open);
  // A batch that is lost is sent again as another one, which then stands at the end of the list.
  for (let at = 0; at < sent.length; at += 1) {
    const { id, items } = sent[at] ?? { id: '', items: [] };
    const lines = items.flatMap((key): Line[] => {
      const item = known.get(key);
      return item === undefined ? [] : [{ key, item }];
    });
    // Results are matched by position: a file with cases that are no longer in the set cannot be read.
    if (lines.length === items.length && (await collectInto({ id, lines, record }, named, options))) {
      ledger.closeBatch(target, round, id);
      continue;
    }
    ledger.closeBatch(target, round, id);
    if (fresh.has(id))
      throw new FieldkitError(
        'MODEL_INVALID_RESPONSE',
        `the endpoint does not know batch ${id}, which it has just taken`,
      );
    await send(lines.filter(({ key }) => !ledger.has(key, target, round)));
  }
}

/** False when the endpoint does not know the batch any more. */
async function collectInto(
  {
    id,
    lines,
    record,
  }: { id: string; lines: readonly Line[]; record: (line: Line, outcome: Outcome) => Promise<void> },
  { name, batch }: NamedTarget,
  { concurrency = 4, signal, pollMs, onProgress }: BatchEvaluationOptions,
): Promise<boolean> {
  if (batch === undefined) return true;
  const cancellable = signal === undefined ? {} : { signal };
  const tell = (state: BatchEvaluationProgress['state'], status: string, completed: number) =>
    onProgress?.({ target: name, batchId: id, state, status, lines: lines.length, completed });
  let results: readonly BatchLine[];
  try {
    results = await batch.client.collect(
      id,
      lines.map(({ item }) => batch.request(item)),
      {
        ...cancellable,
        ...(pollMs === undefined ? {} : { pollMs }),
        onProgress: ({ status, completed }) => tell('waiting', status, completed),
      },
    );
  } catch (thrown) {
    const error = toFieldkitError(thrown);
    if (error.code !== 'MODEL_NOT_FOUND' && error.code !== 'MODEL_BAD_REQUEST') throw error;
    tell('lost', error.message, 0);
    return false;
  }
  await mapConcurrent(
    lines,
    concurrency,
    async (line, index) => {
      const result = results[index];
      await record(line, result?.ok === true ? batch.read(line.item, result.value) : failed(result?.error));
    },
    cancellable,
  );
  tell('collected', 'collected', results.filter(({ ok }) => ok).length);
  return true;
}

function failed(error = new FieldkitError('MODEL_INVALID_RESPONSE', 'the batch has no result for this line')): Outcome {
  return { answer: textAnswer('', { status: 'failed' }), durationMs: 0, error: errorRecord(error) };
}
