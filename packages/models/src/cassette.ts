import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FieldkitError, sha256 } from '@fieldkit/core';
import { z } from 'zod';
import { isObject, tryJson } from './json.ts';

export interface CassetteOptions {
  /** A file of JSON lines. */
  readonly path: string;
  /** `record`: calls go out and are written down. `replay`: nothing goes out. */
  readonly mode: 'record' | 'replay';
  /** Replaced by `[redacted]` wherever they occur. The endpoint's key always is. */
  readonly secrets?: readonly string[];
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
];

/**
 * A `fetch` that writes every call down, or gives back what was written. Headers of requests are never kept. Calls are found again by method,
 * path and body (the unguessable markers around evidence aside); equal calls are given back in the order in which they were recorded.
 *
 * @throws {FieldkitError} `STORE_DAMAGED` for a file that is no cassette, `FILE_NOT_FOUND` when there is none to replay.
 */
export function cassetteFetch(options: CassetteOptions, secrets: readonly string[], send: typeof fetch): typeof fetch {
  const redact = redactor([...secrets, ...(options.secrets ?? [])]);
  return options.mode === 'record' ? recorder(options.path, redact, send) : player(options.path, redact);
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

async function readCall(
  input: Parameters<typeof fetch>[0],
  init: RequestInit | undefined,
  redact: (text: string) => string,
): Promise<Call> {
  const url = new URL(input instanceof Request ? input.url : String(input));
  const method = (init?.method ?? 'GET').toUpperCase();
  const path = `${url.pathname}${url.search}`;
  const sent = init?.body;
  const text = sent instanceof FormData ? await formText(sent) : typeof sent === 'string' ? sent : '';
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

function recorder(path: string, redact: (text: string) => string, send: typeof fetch): typeof fetch {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return async (input, init) => {
    const call = await readCall(input, init, redact);
    const response = await send(input, init);
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) =>
        response.headers.get(name) === null ? [] : [[name, response.headers.get(name) ?? '']],
      ),
    );
    const write = (body: string) => {
      const entry: Entry = { ...call, status: response.status, headers, body: redact(body) };
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
    };
    if (response.body === null) {
      write('');
      return response;
    }
    // Written down when it is over, however it ends: a cut stream is replayed as a cut stream.
    const decoder = new TextDecoder();
    let body = '';
    const reader = response.body.getReader();
    let written = false;
    const finish = () => {
      if (!written) write(body + decoder.decode());
      written = true;
    };
    const copy = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            finish();
            controller.close();
          } else {
            body += decoder.decode(value, { stream: true });
            controller.enqueue(value);
          }
        } catch (error) {
          finish();
          controller.error(error);
        }
      },
      async cancel(reason) {
        finish();
        await reader.cancel(reason);
      },
    });
    return new Response(copy, { status: response.status, headers: response.headers });
  };
}

function player(path: string, redact: (text: string) => string): typeof fetch {
  const entries = readCassette(path);
  const waiting = new Map<string, Entry[]>();
  for (const entry of entries) waiting.set(entry.key, [...(waiting.get(entry.key) ?? []), entry]);
  return async (input, init) => {
    init?.signal?.throwIfAborted();
    const call = await readCall(input, init, redact);
    const entry = waiting.get(call.key)?.shift();
    if (entry === undefined) throw missing(call, entries, path);
    return new Response(entry.body, { status: entry.status, headers: entry.headers });
  };
}

function readCassette(path: string): Entry[] {
  if (!existsSync(path)) {
    throw new FieldkitError('FILE_NOT_FOUND', `there is no cassette at ${path}; record one first`);
  }
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      if (line.trim() === '') return [];
      const parsed = entrySchema.safeParse(tryJson(line));
      if (parsed.success) return [parsed.data];
      throw new FieldkitError(
        'STORE_DAMAGED',
        `line ${index + 1} of ${path} is no recorded call; record the cassette again`,
      );
    });
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
