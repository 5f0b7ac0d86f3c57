import { sha256 } from '@fieldkit/core';
import { z } from 'zod';
import type { Outgoing } from './deliver.ts';
import { badRequest, errorBody, type WireError } from './wire-error.ts';

/** Files and batches, in memory. */
export interface BatchStore {
  upload(name: string, purpose: string, content: string): Outgoing;
  file(id: string): Outgoing;
  content(id: string): Outgoing;
  create(body: unknown): Outgoing;
  /** Each look moves a batch on by one state. */
  batch(id: string): Outgoing;
  cancel(id: string): Outgoing;
}

/** Answers one line's body at a path, or says what is wrong with it. */
export type LineRunner = (path: string, body: unknown) => { readonly status: number; readonly body: unknown };

const createSchema = z.looseObject({ input_file_id: z.string(), endpoint: z.string(), completion_window: z.string() });
const lineSchema = z.looseObject({
  custom_id: z.string().min(1),
  method: z.literal('POST'),
  url: z.string(),
  body: z.looseObject({ model: z.string() }),
});
const STATES = ['validating', 'in_progress', 'finalizing', 'completed'] as const;
/** The model and the path of a rehearsal: nothing is computed, every line gets the same answer. */
const TEST_MODEL = 'batch-test-model';
const TEST_PATH = '/v1/chat/ds-test';
const TEST_LINES = 100;

interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly purpose: string;
  readonly content: string;
}

interface Batch {
  readonly id: string;
  readonly input: string;
  readonly endpoint: string;
  readonly window: string;
  readonly counts: { readonly total: number; readonly completed: number; readonly failed: number };
  readonly output?: string;
  readonly errors?: string;
  state: number;
  cancelled: boolean;
}

export function createBatchStore(run: LineRunner): BatchStore {
  const files = new Map<string, StoredFile>();
  const batches = new Map<string, Batch>();
  const keep = (name: string, purpose: string, content: string): StoredFile => {
    const id = `file-batch-${sha256(`${files.size} ${name} ${content}`).slice(0, 24)}`;
    const file = { id, name, purpose, content };
    files.set(id, file);
    return file;
  };
  const fileBody = ({ id, name, purpose, content }: StoredFile): Outgoing => ({
    kind: 'json',
    body: {
      id,
      object: 'file',
      bytes: Buffer.byteLength(content),
      created_at: 0,
      filename: name,
      purpose,
      status: 'processed',
    },
  });
  const missing = (what: string): Outgoing => ({
    kind: 'error',
    error: { status: 404, code: 'not_found', type: 'invalid_request_error', message: `no ${what}` },
  });
  const batchBody = (batch: Batch): Outgoing => {
    const done = batch.state >= STATES.length - 1;
    return {
      kind: 'json',
      body: {
        id: batch.id,
        object: 'batch',
        endpoint: batch.endpoint,
        input_file_id: batch.input,
        completion_window: batch.window,
        status: batch.cancelled ? 'cancelled' : STATES[Math.min(batch.state, STATES.length - 1)],
        output_file_id: done && !batch.cancelled ? (batch.output ?? null) : null,
        error_file_id: done && !batch.cancelled ? (batch.errors ?? null) : null,
        request_counts: batch.counts,
      },
    };
  };

  function runLines(content: string, endpoint: string): { output: string[]; errors: string[] } {
    const output: string[] = [];
    const errors: string[] = [];
    const seen = new Set<string>();
    let model: string | undefined;
    for (const text of content.split('\n').filter((line) => line.trim() !== '')) {
      const parsed = lineSchema.safeParse(tryJson(text));
      const customId = parsed.success ? parsed.data.custom_id : '';
      const fail = (error: WireError) =>
        errors.push(
          JSON.stringify({
            custom_id: customId,
            response: { status_code: error.status, body: JSON.parse(errorBody(error, customId)) },
            error: { code: error.code, message: error.message },
          }),
        );
      if (!parsed.success) {
        fail(badRequest('The line is not a batch request.'));
        continue;
      }
      const { body, url } = parsed.data;
      model ??= body.model;
      if (body.model !== model)
        fail({ ...badRequest('All requests of a file must use one model.'), code: 'mismatched_model' });
      else if (seen.has(customId)) fail({ ...badRequest('The custom_id occurs twice.'), code: 'duplicate_custom_id' });
      else if (url !== endpoint) fail(badRequest(`The url of the line is not ${endpoint}.`));
      else {
        seen.add(customId);
        const { status, body: answer } = body.model === TEST_MODEL ? rehearsal() : run(url, body);
        const line = JSON.stringify({
          id: sha256(text).slice(0, 24),
          custom_id: customId,
          response: { status_code: status, request_id: customId, body: answer },
          error: null,
        });
        (status === 200 ? output : errors).push(line);
      }
    }
    return { output, errors };
  }

  return {
    upload(name, purpose, content) {
      if (purpose !== 'batch') return { kind: 'error', error: badRequest('purpose must be batch') };
      if (content.trim() === '') return { kind: 'error', error: badRequest('the file is empty') };
      return fileBody(keep(name, purpose, content));
    },
    file: (id) => {
      const file = files.get(id);
      return file === undefined ? missing(`file ${id}`) : fileBody(file);
    },
    content: (id) => {
      const file = files.get(id);
      return file === undefined ? missing(`file ${id}`) : { kind: 'text', text: file.content };
    },
    create(body) {
      const parsed = createSchema.safeParse(body);
      if (!parsed.success)
        return { kind: 'error', error: badRequest('input_file_id, endpoint and completion_window are needed') };
      const { input_file_id, endpoint, completion_window } = parsed.data;
      const file = files.get(input_file_id);
      if (file === undefined) return missing(`file ${input_file_id}`);
      const lines = file.content.split('\n').filter((line) => line.trim() !== '').length;
      if (endpoint === TEST_PATH && lines > TEST_LINES)
        return { kind: 'error', error: badRequest(`a rehearsal has at most ${TEST_LINES} lines`) };
      const { output, errors } = runLines(file.content, endpoint);
      const batch: Batch = {
        id: `batch_${sha256(`${batches.size} ${input_file_id}`).slice(0, 24)}`,
        input: input_file_id,
        endpoint,
        window: completion_window,
        counts: { total: lines, completed: output.length, failed: errors.length },
        ...(output.length === 0 ? {} : { output: keep('output.jsonl', 'batch_output', output.join('\n')).id }),
        ...(errors.length === 0 ? {} : { errors: keep('errors.jsonl', 'batch_output', errors.join('\n')).id }),
        state: 0,
        cancelled: false,
      };
      batches.set(batch.id, batch);
      return batchBody(batch);
    },
    batch(id) {
      const batch = batches.get(id);
      if (batch === undefined) return missing(`batch ${id}`);
      batch.state += 1;
      return batchBody(batch);
    },
    cancel(id) {
      const batch = batches.get(id);
      if (batch === undefined) return missing(`batch ${id}`);
      if (batch.state < STATES.length - 1) batch.cancelled = true;
      return batchBody(batch);
    },
  };
}

function rehearsal(): { status: number; body: unknown } {
  const message = { role: 'assistant', content: 'This is a test result.' };
  return {
    status: 200,
    body: {
      id: 'chatcmpl-test',
      object: 'chat.completion',
      created: 0,
      model: TEST_MODEL,
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    },
  };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
