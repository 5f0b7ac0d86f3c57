import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { errorCodes, FieldkitError, sha256 } from '@fieldkit/core';
import { z } from 'zod';
import type { HttpAnswer, HttpCall, HttpSend } from './http.ts';
import { isObject, type JsonObject, objectAt, tryJson } from './json.ts';

export interface CassetteOptions {
  /** A file of JSON lines. */
  readonly path: string;
  /** `record`: calls go out and are written down. `replay`: nothing goes out. */
  readonly mode: 'record' | 'replay';
  /** Replaced by `[redacted]` wherever they occur. The endpoint's key always is. */
  readonly secrets?: readonly string[];
  /** Kept at the head of a recording: what is needed to open the same endpoint for its replay. */
  readonly about?: JsonObject;
}

/** A recording of calls, under way or to be given back; one may serve several endpoints. */
export interface Cassette {
  readonly mode: CassetteOptions['mode'];
  readonly about: JsonObject;
  /** `send`, recorded; or what was recorded in its place. */
  through(send: HttpSend, secrets: readonly string[]): HttpSend;
}

const entrySchema = z.object({
  /** Of method, path and body, as they are compared. */
  key: z.string(),
  method: z.string(),
  path: z.string(),
  /** JSON, or the text of another body; evidence markers replaced. */
  request: z.unknown(),
  status: z.number().int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  /** Why there is no whole answer: the network's word for it, or our own error when we gave up. */
  failure: z.object({ code: z.string(), message: z.string() }).exactOptional(),
});
type Entry = z.infer<typeof entrySchema>;

/** Response headers that mean something to a client. */
const KEPT_HEADERS = [
  'content-type',
  'retry-after',
  'retry-after-ms',
  'x-request-id',
  'x-dashscope-request-id',
  'x-fieldkit-standin',
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
];

/** The first line of every cassette. */
const HEAD = 'fieldkit-cassette';

/**
 * Opens a file in which every call is written down, or from which what was written is given back: answers, and failures to get one. Headers of
 * requests are never kept. Calls are found again by method, path and body (the unguessable markers around evidence aside); equal calls are given
 * back in the order in which they were recorded.
 *
 * @throws {FieldkitError} `STORE_DAMAGED` for a file that is no cassette, `FILE_NOT_FOUND` when there is none to replay, `INVALID_OPTION` for
 * recording over a file of another kind.
 */
export function openCassette(options: CassetteOptions): Cassette {
  const { path, mode, about = {} } = options;
  if (mode === 'replay') {
    const { about: recorded, entries } = readCassette(path);
    const play = createPlayer(entries, path);
    return { mode, about: recorded, through: (_, secrets) => play(redactor([...secrets, ...(options.secrets ?? [])])) };
  }
  if (existsSync(path) && statSync(path).size > 0 && headOf(readFileSync(path, 'utf8')) === undefined)
    throw new FieldkitError(
      'INVALID_OPTION',
      `${path} is no recording and is not written over; name another file for the calls`,
    );
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ [HEAD]: 1, about })}\n`);
  return {
    mode,
    about,
    through: (send, secrets) => recorder(path, redactor([...secrets, ...(options.secrets ?? [])]), send),
  };
}

function headOf(text: string): JsonObject | undefined {
  const head = tryJson(text.slice(0, text.indexOf('\n')));
  return isObject(head) && head[HEAD] === 1 ? head : undefined;
}

function redactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets.filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

interface Call {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly request: unknown;
}

async function readCall({ method, url, body }: HttpCall, redact: (text: string) => string): Promise<Call> {
  const { pathname, search } = new URL(url);
  const path = `${pathname}${search}`;
  const text = body instanceof FormData ? await formText(body) : (body ?? '');
  const plain = withoutMarkers(redact(text));
  const request = tryJson(plain) ?? plain;
  return { key: sha256(JSON.stringify([method, path, canonical(request)])).slice(0, 32), method, path, request };
}

async function formText(form: FormData): Promise<string> {
  const parts: [string, string][] = [];
  for (const [name, value] of form) parts.push([name, typeof value === 'string' ? value : await value.text()]);
  return JSON.stringify(parts);
}

/** The markers that delimit evidence are new for each run; in a cassette they are numbered. */
function withoutMarkers(text: string): string {
  const markers = [...new Set(Array.from(text.matchAll(/<\/evidence-([a-z0-9]{6,})>/g), ([, marker = '']) => marker))];
  return markers.reduce((plain, marker, index) => plain.replaceAll(marker, `marker${index + 1}`), text);
}

/** The same object whatever the order of its keys. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, canonical(field)]),
  );
}

function recorder(path: string, redact: (text: string) => string, send: HttpSend): HttpSend {
  return async (httpCall) => {
    const call = await readCall(httpCall, redact);
    const write = (entry: Pick<Entry, 'status' | 'headers' | 'body'>, thrown?: unknown) => {
      const failure = thrown === undefined ? {} : { failure: failureOf(thrown, redact) };
      appendFileSync(path, `${JSON.stringify({ ...call, ...entry, ...failure } satisfies Entry)}\n`);
    };
    let answer: HttpAnswer;
    try {
      answer = await send(httpCall);
    } catch (error) {
      write({ status: 0, headers: {}, body: '' }, reasonOf(error, httpCall));
      throw error;
    }
    const { status, header } = answer;
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => {
        const value = header(name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
    return {
      status,
      header,
      // Written down when it is over, however it ends: a cut stream is replayed as a cut stream.
      async read(onBytes) {
        const decoder = new StringDecoder('utf8');
        let text = '';
        let thrown: unknown;
        try {
          await answer.read((bytes) => {
            text += decoder.write(Buffer.from(bytes));
            return onBytes(bytes);
          });
        } catch (error) {
          thrown = reasonOf(error, httpCall);
          throw error;
        } finally {
          write({ status, headers, body: redact(text + decoder.end()) }, thrown);
        }
      },
    };
  };
}

/** What an aborted call was aborted for, or what was thrown. */
function reasonOf(thrown: unknown, { signal }: HttpCall): unknown {
  return signal.aborted ? signal.reason : thrown;
}

function failureOf(thrown: unknown, redact: (text: string) => string): NonNullable<Entry['failure']> {
  const { code } = thrown instanceof Error && 'code' in thrown ? thrown : { code: undefined };
  const message = redact(thrown instanceof Error ? thrown.message : String(thrown));
  return { code: typeof code === 'string' ? code : '', message };
}

function failureAgain({ code, message }: NonNullable<Entry['failure']>): Error {
  const ours = errorCodes.find((known) => known === code);
  return ours === undefined
    ? Object.assign(new Error(message), code === '' ? {} : { code })
    : new FieldkitError(ours, message);
}

function createPlayer(entries: readonly Entry[], path: string): (redact: (text: string) => string) => HttpSend {
  const waiting = new Map<string, Entry[]>();
  for (const entry of entries) {
    const list = waiting.get(entry.key);
    if (list === undefined) waiting.set(entry.key, [entry]);
    else list.push(entry);
  }
  return (redact) => async (httpCall) => {
    httpCall.signal.throwIfAborted();
    const call = await readCall(httpCall, redact);
    const entry = waiting.get(call.key)?.shift();
    if (entry === undefined) throw missing(call, entries, path);
    const { status, headers, body, failure } = entry;
    if (failure !== undefined && status === 0) throw failureAgain(failure);
    return {
      status,
      header: (name) => headers[name],
      async read(onBytes) {
        if (body !== '') await onBytes(Buffer.from(body));
        if (failure !== undefined) throw failureAgain(failure);
      },
    };
  };
}

function readCassette(path: string): { about: JsonObject; entries: Entry[] } {
  if (!existsSync(path)) {
    throw new FieldkitError('FILE_NOT_FOUND', `there is no cassette at ${path}; record one first`);
  }
  const text = readFileSync(path, 'utf8');
  const head = headOf(text);
  const entries = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '' || (index === 0 && head !== undefined)) return [];
    const parsed = entrySchema.safeParse(tryJson(line));
    if (parsed.success) return [parsed.data];
    throw new FieldkitError(
      'STORE_DAMAGED',
      `line ${index + 1} of ${path} is no recorded call; record the cassette again`,
    );
  });
  return { about: objectAt(head, 'about'), entries };
}

/** Says how a call differs from the recorded one that is most like it. */
function missing(call: Call, entries: readonly Entry[], path: string): FieldkitError {
  const same = entries.filter((entry) => entry.path === call.path && entry.method === call.method);
  const fail = (what: string) =>
    new FieldkitError('MODEL_BAD_REQUEST', `${call.method} ${call.path} is not on the cassette ${path}: ${what}`, {
      details: { path: call.path },
    });
  if (same.length === 0)
    return fail(
      `nothing was recorded there; recorded are ${[...new Set(entries.map((entry) => entry.path))].join(', ') || 'no calls'}`,
    );
  if (same.some(({ key }) => key === call.key))
    return fail('it was recorded fewer times than it is asked now; record the cassette again');
  const differences = same
    .map((entry) => differingPaths(entry.request, call.request))
    .sort((a, b) => a.length - b.length);
  const [least = []] = differences;
  return fail(
    `it differs from the recorded call most like it in ${least.slice(0, 3).join('; ')}${least.length > 3 ? ` and ${least.length - 3} more places` : ''}`,
  );
}

function differingPaths(recorded: unknown, asked: unknown, path = ''): string[] {
  if (isObject(recorded) && isObject(asked)) {
    const keys = [...new Set([...Object.keys(recorded), ...Object.keys(asked)])];
    return keys.flatMap((key) => differingPaths(recorded[key], asked[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(recorded) && Array.isArray(asked) && recorded.length === asked.length) {
    return recorded.flatMap((item, index) => differingPaths(item, asked[index], `${path}[${index}]`));
  }
  return JSON.stringify(recorded) === JSON.stringify(asked)
    ? []
    : [`${path}: recorded ${shown(recorded, asked)}, asked ${shown(asked, recorded)}`];
}

/** The place where two values part, not all of a long text. */
function shown(value: unknown, other: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  const against = JSON.stringify(other) ?? 'nothing';
  let at = 0;
  while (at < text.length && text[at] === against[at]) at += 1;
  const start = Math.max(0, at - 20);
  return `${start > 0 ? '…' : ''}${text.slice(start, at + 40)}${at + 40 < text.length ? '…' : ''}`;
}
