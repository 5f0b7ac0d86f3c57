import { badRequest } from './http-failure.ts';

/** The session that a request belongs to, from `x-session-id`. @throws {HttpFailure} 400. */
export function readSessionId(request: Request): string | undefined {
  const id = request.headers.get('x-session-id');
  if (id === null) return undefined;
  if (!/^[\w.:@-]{1,128}$/.test(id)) {
    throw badRequest('a session id has 1 to 128 letters, digits or . : @ _ -', 'x-session-id');
  }
  return id;
}
