import {
  type ChatCompletion,
  type ChatRequest,
  type Clock,
  type Cost,
  FieldkitError,
  toFieldkitError,
} from '@fieldkit/core';
import { readWholeAnswer } from './chat-answer.ts';
import { completionOf, USUAL_OUTPUT_TOKENS } from './chat-model.ts';
import { costOf } from './cost.ts';
import { type JsonObject, listAt, numberAt, objectAt, stringAt, tryJson } from './json.ts';
import { endpointError } from './model-error.ts';
import type { ModelFacts } from './model-facts.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import { estimateInputTokens } from './read-usage.ts';
import type { Booking, SpendingGuard } from './spending-guard.ts';
import type { Transport } from './transport.ts';

/** One answer, or what went wrong with it: a batch does not fail for one line. */
export type BatchResult =
  | { readonly ok: true; readonly value: ChatCompletion }
  | { readonly ok: false; readonly error: FieldkitError };

export interface BatchOptions {
  /** How long the endpoint may take. Default `24h`. */
  readonly completionWindow?: string;
  /** Between two looks at a batch's state. Default 30,000 ms. */
  readonly pollMs?: number;
  /** A rehearsal with the endpoint's test model: checks the file and costs nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Told of every state. */
  readonly onProgress?: (progress: BatchProgress) => void;
}

export interface BatchProgress {
  readonly batchId: string;
  readonly status: string;
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}

/** Chat requests by file: half the price, done within a day. */
export interface BatchModel {
  readonly name: string;
  /** Submits, waits and collects; results in the order of the requests. */
  run(requests: readonly ChatRequest[], options?: BatchOptions): Promise<BatchResult[]>;
  /** Only submits; the id is what `collect` needs, also in another process. */
  submit(requests: readonly ChatRequest[], options?: BatchOptions): Promise<string>;
  /** Waits for a batch that was submitted with these requests. */
  collect(batchId: string, requests: readonly ChatRequest[], options?: BatchOptions): Promise<BatchResult[]>;
  cancel(batchId: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

export interface BatchDependencies {
  readonly transport: Transport;
  readonly profile: EndpointProfile;
  readonly facts: ModelFacts | undefined;
  readonly clock: Clock;
  readonly spending: SpendingGuard | undefined;
}

/** Largest file of a batch (Model Studio, September 2026). */
const MAX_FILE_BYTES = 500 * 1024 * 1024;
const TEST_MODEL = 'batch-test-model';
const TEST_PATH = '/v1/chat/ds-test';
const CHAT_PATH = '/v1/chat/completions';
const OVER = new Set(['completed', 'failed', 'expired', 'cancelled']);

export function createBatchModel(model: string, dependencies: BatchDependencies): BatchModel {
  const { transport, profile, facts, clock, spending } = dependencies;
  const call = (signal: AbortSignal | undefined) => ({ signal, model });
  /** What batches that were sent from here may cost, until they are collected. */
  const bookings = new Map<string, Booking>();

  /** @throws {FieldkitError} `BUDGET_EXCEEDED`. */
  function reserve(requests: readonly ChatRequest[]): Booking | undefined {
    let microUnits = 0;
    let currency: string | undefined;
    for (const request of requests) {
      const outputTokens = request.maxOutputTokens ?? USUAL_OUTPUT_TOKENS;
      const usage = { inputTokens: estimateInputTokens(request), outputTokens, calls: 1 };
      const cost = costOf(usage, facts?.prices, { batch: true });
      if (cost === undefined) return undefined;
      ({ currency } = cost);
      microUnits += cost.microUnits;
    }
    return currency === undefined ? undefined : spending?.reserve({ microUnits, currency }, model);
  }

  function fileOf(requests: readonly ChatRequest[], dryRun: boolean): string {
    const lines = requests.map((request, index) => {
      const { body } = profile.chatBody(request, dryRun ? TEST_MODEL : model, facts);
      return JSON.stringify({ custom_id: customId(index), method: 'POST', url: dryRun ? TEST_PATH : CHAT_PATH, body });
    });
    const text = `${lines.join('\n')}\n`;
    if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
      throw new FieldkitError(
        'INVALID_OPTION',
        `a batch file has at most ${MAX_FILE_BYTES / 2 ** 20} MB; split the ${requests.length} requests`,
      );
    }
    return text;
  }

  async function submit(
    requests: readonly ChatRequest[],
    { completionWindow = '24h', dryRun = false, signal }: BatchOptions = {},
  ): Promise<string> {
    if (requests.length === 0) throw new FieldkitError('INVALID_OPTION', 'a batch needs at least one request');
    const booking = dryRun ? undefined : reserve(requests);
    try {
      const form = new FormData();
      form.set('purpose', 'batch');
      form.set('file', new File([fileOf(requests, dryRun)], 'requests.jsonl', { type: 'application/jsonl' }));
      const file = stringAt(await transport.postForm('/files', form, call(signal)), 'id');
      if (file === undefined) throw unreadable('the upload', transport.host);
      const endpoint = dryRun ? TEST_PATH : CHAT_PATH;
      const body = { input_file_id: file, endpoint, completion_window: completionWindow };
      const id = stringAt(await transport.postJson('/batches', body, call(signal)), 'id');
      if (id === undefined) throw unreadable('the new batch', transport.host);
      if (booking !== undefined) bookings.set(id, booking);
      return id;
    } catch (error) {
      booking?.settle(undefined);
      throw error;
    }
  }

  /** Counts what the answers of a batch cost, once. */
  function settle(id: string, results: Iterable<BatchResult>): void {
    let cost: Cost | undefined;
    for (const result of results) {
      const one = result.ok ? result.value.cost : undefined;
      if (one !== undefined) cost = { currency: one.currency, microUnits: (cost?.microUnits ?? 0) + one.microUnits };
    }
    const booking = bookings.get(id);
    bookings.delete(id);
    if (booking !== undefined) booking.settle(cost);
    else if (cost !== undefined) spending?.spend(cost);
  }

  async function finished(id: string, { pollMs = 30_000, signal, onProgress }: BatchOptions): Promise<JsonObject> {
    for (;;) {
      const batch = await transport.getJson(`/batches/${encodeURIComponent(id)}`, call(signal));
      const status = stringAt(batch, 'status') ?? 'unknown';
      const counts = objectAt(batch, 'request_counts');
      onProgress?.({
        batchId: id,
        status,
        total: numberAt(counts, 'total') ?? 0,
        completed: numberAt(counts, 'completed') ?? 0,
        failed: numberAt(counts, 'failed') ?? 0,
      });
      if (OVER.has(status)) return batch;
      await clock.sleep(pollMs, signal);
    }
  }

  async function collectResults(
    id: string,
    requests: readonly ChatRequest[],
    options: BatchOptions = {},
  ): Promise<BatchResult[]> {
    const batch = await finished(id, options);
    const results = new Map<number, BatchResult>();
    for (const key of ['output_file_id', 'error_file_id']) {
      const file = stringAt(batch, key);
      if (file === undefined) continue;
      const text = await transport.getText(`/files/${encodeURIComponent(file)}/content`, call(options.signal));
      for (const line of text.split('\n')) {
        if (line.trim() === '') continue;
        const entry = tryJson(line);
        const index = indexOf(stringAt(entry, 'custom_id'));
        const request = index === undefined ? undefined : requests[index];
        if (index === undefined || request === undefined || results.get(index)?.ok === true) continue;
        results.set(index, readLine(entry, request));
      }
    }
    settle(id, results.values());
    const status = stringAt(batch, 'status') ?? 'unknown';
    const reason = stringAt(listAt(objectAt(batch, 'errors'), 'data')[0], 'message');
    return requests.map((_, index) => results.get(index) ?? { ok: false, error: missing(id, status, reason) });
  }

  function readLine(entry: unknown, request: ChatRequest): BatchResult {
    const response = objectAt(entry, 'response');
    const status = numberAt(response, 'status_code') ?? 0;
    try {
      const { body } = response;
      if (status !== 200) {
        const failure = objectAt(body, 'error');
        const own = objectAt(entry, 'error');
        const code = stringAt(failure, 'code') ?? stringAt(own, 'code');
        const message = stringAt(failure, 'message') ?? stringAt(own, 'message') ?? 'the line failed';
        throw endpointError(
          { status, message, ...(code === undefined ? {} : { code }) },
          { host: transport.host, model },
        );
      }
      const completion = completionOf(readWholeAnswer(body, { model, host: transport.host, request }));
      const cost = costOf(completion.usage, facts?.prices, { batch: true });
      return { ok: true, value: cost === undefined ? completion : { ...completion, cost } };
    } catch (error) {
      return { ok: false, error: toFieldkitError(error, 'MODEL_INVALID_RESPONSE') };
    }
  }

  function missing(id: string, status: string, reason: string | undefined): FieldkitError {
    const why = reason ?? (status === 'completed' ? 'it is in neither result file' : `the batch ended as ${status}`);
    return new FieldkitError('MODEL_INVALID_RESPONSE', `no answer for this line of batch ${id}: ${why}`, {
      details: { batchId: id, status },
    });
  }

  return {
    name: model,
    submit,
    collect: collectResults,
    async run(requests, options = {}) {
      if (requests.length === 0) return [];
      return collectResults(await submit(requests, options), requests, options);
    },
    async cancel(batchId, { signal } = {}) {
      await transport.postJson(`/batches/${encodeURIComponent(batchId)}/cancel`, {}, call(signal));
    },
  };
}

function customId(index: number): string {
  return `line-${index + 1}`;
}

function indexOf(id: string | undefined): number | undefined {
  const number = Number(/^line-(\d+)$/.exec(id ?? '')?.[1]);
  return Number.isInteger(number) ? number - 1 : undefined;
}

function unreadable(what: string, host: string): FieldkitError {
  return new FieldkitError('MODEL_INVALID_RESPONSE', `${host} did not say the id of ${what}; does it offer batches?`);
}
