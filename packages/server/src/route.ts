import type { ZodType } from 'zod';
import type { RouteRequest } from './services.ts';

/** One address of the server. The table of routes is what is served, described at /openapi.json and tested for access. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With parameters as `:name`. */
  readonly path: string;
  /** `open`: anybody. `user`: whoever has a key. `operator`: keys with that role. */
  readonly access: 'open' | 'user' | 'operator';
  readonly tag: 'chat' | 'knowledge' | 'runs' | 'evaluation' | 'project' | 'health';
  /** One sentence. */
  readonly summary: string;
  /** Parameters of the query string, by name, with a sentence each. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: ZodType;
  /** What a success holds, as JSON. */
  readonly response?: ZodType;
  /** Media type of a success that is no JSON. */
  readonly media?: string;
  handle(request: RouteRequest): Promise<Response> | Response;
}
