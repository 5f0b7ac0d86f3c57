import {
  type ErrorCode,
  FieldkitError,
  NO_USAGE,
  type RetryOptions,
  retry,
  sha256,
  toFieldkitError,
} from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import type { NamedTarget } from '../ledger/evaluate-to-ledger.ts';
import { type ToolCallMade, textAnswer } from '../target.ts';
import { valuesAt } from './json-path.ts';
import { statusOfText } from './status-of-text.ts';

/** How to ask an HTTP endpoint, and where its answer holds what. Paths: `output.text`, `docs[*].content`, `items[0].id`. */
export interface HttpTargetOptions {
  readonly name: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The request's JSON; strings may hold `{{question}}`, `{{session}}`, `{{subject}}` or a variable of the case. */
  readonly body: unknown;
  /** Where the answer's text is. */
  readonly answer: string;
  /** Where the texts are that it was answered from. */
  readonly contexts?: string;
  /** Where tool calls are: objects with the fields `name` and `arguments` (an object or JSON text), or as named here. */
  readonly toolCalls?: { readonly at: string; readonly name?: string; readonly arguments?: string };
  /** Where the id of the conversation is, to ask a follow-up in it as `{{session}}`. Without it, a case with history fails. */
  readonly session?: string;
  readonly usage?: { readonly inputTokens: string; readonly outputTokens: string };
  /** An answer that contains one of these is `insufficient`: the endpoint's own words for "not in the documents". */
  readonly insufficientWhen?: readonly string[];
  readonly retry?: RetryOptions;
  readonly fetch?: typeof globalThis.fetch;
  readonly now?: () => number;
}

/** A customer's endpoint. Headers are no part of the identity: they hold keys. */
export function createHttpTarget(options: HttpTargetOptions): NamedTarget {
  const { name, url, headers = {}, body, session, now = () => performance.now() } = options;
  const { fetch = globalThis.fetch, retry: retryOptions = {} } = options;
  const post = (item: Case, question: string, current: string, signal: AbortSignal) =>
    retry(() => postJson(fetch, url, headers, fillBody(body, { ...item, question }, current), signal), {
      ...retryOptions,
      signal,
    });
  return {
    name,
    identity: {
      kind: 'http',
      url,
      body,
      mapping: sha256(JSON.stringify([options.answer, options.contexts, options.toolCalls, options.insufficientWhen])),
    },
    async ask(item, { signal }) {
      if (item.history.length > 0 && session === undefined) {
        throw new FieldkitError(
          'INVALID_CONFIG',
          `${name}: case ${item.id} is a follow-up; say in "session" where the conversation's id is`,
        );
      }
      let current = '';
      for (const earlier of item.history)
        current = text(await post(item, earlier, current, signal), session ?? '') ?? current;
      const started = now();
      const response = await post(item, item.question, current, signal);
      const durationMs = now() - started;
      const answer = text(response, options.answer);
      if (answer === undefined) {
        throw new FieldkitError('MODEL_INVALID_RESPONSE', `${name}: nothing at "${options.answer}" in the answer`, {
          retryable: false,
        });
      }
      const insufficient = options.insufficientWhen?.some((words) => answer.includes(words)) === true;
      const contexts = options.contexts === undefined ? undefined : valuesAt(response, options.contexts).map(asText);
      const calls = options.toolCalls === undefined ? undefined : readCalls(response, options.toolCalls);
      const tokens = (path: string | undefined) => {
        const found =
          path === undefined
            ? undefined
            : valuesAt(response, path).reduce<number>((sum, value) => sum + (Number(value) || 0), 0);
        return Math.max(0, Math.round(found ?? 0));
      };
      const usage =
        options.usage === undefined
          ? NO_USAGE
          : {
              inputTokens: tokens(options.usage.inputTokens),
              outputTokens: tokens(options.usage.outputTokens),
              calls: 1,
            };
      return {
        answer: textAnswer(answer, { usage, status: insufficient ? 'insufficient' : statusOfText(answer) }),
        durationMs,
        ...(contexts === undefined ? {} : { contexts }),
        ...(calls === undefined ? {} : { toolCalls: calls }),
      };
    },
  };
}

/** A chat application of Dify (its service API, `POST /chat-messages`). */
export function difyTarget(
  options: { readonly name: string; readonly baseUrl: string; readonly apiKey: string } & Pick<
    HttpTargetOptions,
    'insufficientWhen' | 'fetch' | 'retry'
  >,
): NamedTarget {
  const { baseUrl, apiKey, ...rest } = options;
  return createHttpTarget({
    ...rest,
    url: `${baseUrl.replace(/\/$/, '')}/chat-messages`,
    headers: { authorization: `Bearer ${apiKey}` },
    body: {
      inputs: {},
      query: '{{question}}',
      response_mode: 'blocking',
      conversation_id: '{{session}}',
      user: '{{subject}}',
    },
    answer: 'answer',
    contexts: 'metadata.retriever_resources[*].content',
    session: 'conversation_id',
    usage: { inputTokens: 'metadata.usage.prompt_tokens', outputTokens: 'metadata.usage.completion_tokens' },
  });
}

/** An application of Model Studio (DashScope application API, `POST /api/v1/apps/ID/completion`; reference of 2026-04-28). */
export function modelStudioTarget(
  options: { readonly name: string; readonly host: string; readonly appId: string; readonly apiKey: string } & Pick<
    HttpTargetOptions,
    'insufficientWhen' | 'fetch' | 'retry'
  >,
): NamedTarget {
  const { host, appId, apiKey, ...rest } = options;
  return createHttpTarget({
    ...rest,
    url: `${host.replace(/\/$/, '')}/api/v1/apps/${encodeURIComponent(appId)}/completion`,
    headers: { authorization: `Bearer ${apiKey}` },
    body: {
      input: { prompt: '{{question}}', session_id: '{{session}}' },
      parameters: { has_thoughts: true },
      debug: {},
    },
    answer: 'output.text',
    contexts: 'output.doc_references[*].text',
    toolCalls: { at: 'output.thoughts[*]', name: 'action_name', arguments: 'action_input' },
    session: 'output.session_id',
    usage: { inputTokens: 'usage.models[*].input_tokens', outputTokens: 'usage.models[*].output_tokens' },
  });
}

/** Empty session fields are left out: endpoints take an empty id for an unknown one. */
function fillBody(body: unknown, item: Case, session: string): unknown {
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => {
        if (name === 'question') return item.question;
        if (name === 'session') return session;
        if (name === 'subject') return item.caller?.subject ?? 'fieldkit-eval';
        const own = item.variables?.[name];
        return own === undefined ? whole : asText(own);
      });
    }
    if (Array.isArray(value)) return value.map(fill);
    if (value !== null && typeof value === 'object') {
      const entries = Object.entries(value).filter(([, field]) => !(session === '' && field === '{{session}}'));
      return Object.fromEntries(entries.map(([key, field]) => [key, fill(field)]));
    }
    return value;
  };
  return fill(body);
}

async function postJson(
  fetch: typeof globalThis.fetch,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw toFieldkitError(signal.reason, 'CANCELLED');
    throw new FieldkitError(
      'MODEL_UNREACHABLE',
      `cannot reach ${new URL(url).host}; check the address and the network`,
      { cause: error },
    );
  }
  const raw = await response.text();
  if (!response.ok) {
    const seconds = Number(response.headers.get('retry-after'));
    throw new FieldkitError(
      codeOf(response.status),
      `${new URL(url).host} answered ${response.status}: ${raw.slice(0, 200)}`,
      {
        details: { status: response.status, ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}) },
      },
    );
  }
  try {
    return JSON.parse(raw);
  } catch (error) {
    throw new FieldkitError('MODEL_INVALID_RESPONSE', `${new URL(url).host} answered with something else than JSON`, {
      cause: error,
    });
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'MODEL_UNAUTHORIZED';
  if (status === 403) return 'MODEL_FORBIDDEN';
  if (status === 404) return 'MODEL_NOT_FOUND';
  if (status === 408 || status === 504) return 'TIMED_OUT';
  if (status === 429) return 'MODEL_RATE_LIMITED';
  return status >= 500 ? 'MODEL_OVERLOADED' : 'MODEL_BAD_REQUEST';
}

function text(response: unknown, path: string): string | undefined {
  const [value] = valuesAt(response, path);
  return value === undefined || value === null ? undefined : asText(value);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function readCalls(
  response: unknown,
  {
    at,
    name: nameAt = 'name',
    arguments: argumentsAt = 'arguments',
  }: { at: string; name?: string; arguments?: string },
): ToolCallMade[] {
  return valuesAt(response, at).flatMap((call) => {
    const [name] = valuesAt(call, nameAt);
    if (typeof name !== 'string' || name === '') return [];
    const [given] = valuesAt(call, argumentsAt);
    return [{ name, arguments: toRecord(given) }];
  });
}

function toRecord(value: unknown): Record<string, unknown> {
  let parsed = value;
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value);
    } catch {
      return { input: value };
    }
  }
  // A JSON object has string keys.
  return parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : { input: parsed };
}
