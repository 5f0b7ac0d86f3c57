import type { ZodType, z } from 'zod';
import { badRequest, HttpFailure } from './http-failure.ts';

/**
 * Reads a JSON body of at most `maxBytes`.
 *
 * @throws {HttpFailure} 400 for what is no JSON, 413 for what is too long, 415 for another content type.
 */
export async function readJsonBody(request: Request, maxBytes: number): Promise<unknown> {
  const type = request.headers.get('content-type');
  if (type !== null && !/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    throw new HttpFailure({
      status: 415,
      type: 'invalid_request_error',
      code: 'unsupported_media_type',
      message: 'send the body as application/json',
    });
  }
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBytes) throw tooLong(maxBytes);
  const text = await readText(request, maxBytes);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HttpFailure(badRequest('the body is not valid JSON').wire, { cause });
  }
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  if (request.body === null) return '';
  // A body with a known, allowed length is read at once: cheaper than part by part.
  if (request.headers.has('content-length')) return request.text();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body) {
    bytes += part.byteLength;
    if (bytes > maxBytes) throw tooLong(maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function tooLong(maxBytes: number): HttpFailure {
  return new HttpFailure({
    status: 413,
    type: 'invalid_request_error',
    code: 'request_too_large',
    message: `the body is longer than ${maxBytes} bytes`,
  });
}

/** @throws {HttpFailure} 400 that names the first wrong field. */
export function parseInput<T extends ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = deepest(result.error.issues);
  const path = (issue?.path ?? []).map(String).join('.');
  const unknown = issue?.code === 'unrecognized_keys' ? `unknown field "${issue.keys[0]}"` : undefined;
  const message = `${path === '' ? '' : `${path}: `}${unknown ?? issue?.message ?? 'is not valid'}`;
  throw badRequest(message, path === '' ? undefined : path);
}

/** Of a union's issues the one that got furthest says most. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const [first] = issues;
  if (first?.code !== 'invalid_union') return first;
  const inner = first.errors
    .map((branch) => deepest(branch))
    .filter((issue) => issue !== undefined)
    .sort((a, b) => b.path.length - a.path.length)[0];
  return inner === undefined || inner.path.length === 0 ? first : { ...inner, path: [...first.path, ...inner.path] };
}
