/** A request that the server answered with a failure, or that never reached it (`status` 0). Branch on `code`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const KEY = 'fieldkit.key';

/** The bearer key: of this tab, or of this browser when it was asked to remember it. */
export function storedKey(): string | null {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

export function storeKey(key: string, remember: boolean): void {
  forgetKey();
  (remember ? localStorage : sessionStorage).setItem(KEY, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

export function authorization(): Record<string, string> {
  const key = storedKey();
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** Told when the server asks for a key, or for another one. */
const onKeyNeeded = new Set<() => void>();

export function whenKeyNeeded(listener: () => void): () => void {
  onKeyNeeded.add(listener);
  return () => onKeyNeeded.delete(listener);
}

export interface SendOptions {
  /** Sent as a JSON body with POST. */
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** A request with the key. @throws {ApiError} for every status of 400 and above. */
export async function send(path: string, { json, headers, signal }: SendOptions = {}): Promise<Response> {
  const body = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) };
  const type: Record<string, string> = json === undefined ? {} : { 'content-type': 'application/json' };
  let response: Response;
  try {
    response = await fetch(path, {
      ...body,
      headers: { ...authorization(), ...type, ...headers },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'offline', 'the server cannot be reached');
  }
  if (response.ok) return response;
  const error = await failureOf(response);
  if (error.status === 401) for (const listener of onKeyNeeded) listener();
  throw error;
}

/** What the server gives for `path`, as JSON; its routes say what that is (/openapi.json). */
export async function load<T>(path: string, options: SendOptions = {}): Promise<T> {
  const response = await send(path, options);
  return (await response.json()) as T;
}

async function failureOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = body !== null && typeof body === 'object' ? Reflect.get(body, 'error') : undefined;
  const field = (name: string) =>
    error !== null && typeof error === 'object' && typeof Reflect.get(error, name) === 'string'
      ? String(Reflect.get(error, name))
      : undefined;
  return new ApiError(response.status, field('code') ?? 'unknown', field('message') ?? response.statusText);
}
