import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A small imitation of Qdrant's HTTP interface, enough for our engine: it keeps everything in memory, searches exactly, computes the idf
 * as Qdrant documents it, and records what it was asked. It proves our side of the conversation, not Qdrant's.
 */

interface Point {
  id: string;
  vector: { dense?: number[]; bm25?: { indices: number[]; values: number[] } };
  payload: Record<string, unknown>;
}
interface Condition {
  key: string;
  match?: { value?: unknown; any?: unknown[] };
  range?: { gte: number; lte: number };
}
interface Filter {
  must?: Condition[];
}
interface Search {
  prefetch?: Search[];
  query: number[] | { indices: number[]; values: number[] } | { rrf: { k: number } };
  using?: 'dense' | 'bm25';
  filter?: Filter;
  params?: { idf?: { corpus: Filter } };
  limit: number;
}

/** All fields that some request has; each handler reads its own. */
interface Body extends Search {
  actions: { delete_alias?: { alias_name: string }; create_alias?: { alias_name: string; collection_name: string } }[];
  metadata?: unknown;
  points?: (Point & string)[];
  ids: string[];
  offset?: string;
  searches: Search[];
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface ImitationQdrant {
  readonly url: string;
  readonly requests: RecordedRequest[];
  /** Answers the next requests with this status instead. */
  failWith(status: number, count?: number): void;
  close(): Promise<void>;
}

export async function startImitationQdrant(): Promise<ImitationQdrant> {
  const collections = new Map<string, { metadata: unknown; points: Map<string, Point> }>();
  const aliases = new Map<string, string>();
  const requests: RecordedRequest[] = [];
  let failures: number[] = [];

  const server = createServer(async (request, response) => {
    const body = await readJson(request);
    const path = new URL(request.url ?? '/', 'http://imitation').pathname;
    requests.push({ method: request.method ?? '', path, body });
    const failure = failures.shift();
    const result = failure === undefined ? answer(request.method ?? '', path, body) : undefined;
    const status = failure ?? (result === undefined ? 404 : 200);
    response.writeHead(status, { 'content-type': 'application/json' });
    const state = status === 200 ? 'ok' : { error: `imitated ${status}` };
    response.end(JSON.stringify({ result: result ?? null, status: state, time: 0 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function answer(method: string, path: string, sent: unknown): unknown {
    const body = (sent ?? {}) as Body; // what our engine sends; the imitation trusts it
    if (path === '/aliases') {
      return { aliases: Array.from(aliases, ([alias_name, collection_name]) => ({ alias_name, collection_name })) };
    }
    if (path === '/collections/aliases') {
      for (const { delete_alias: gone, create_alias: made } of body.actions) {
        if (gone !== undefined) aliases.delete(gone.alias_name);
        if (made !== undefined) aliases.set(made.alias_name, made.collection_name);
      }
      return true;
    }
    const [, , name = '', ...rest] = path.split('/');
    const real = aliases.get(name) ?? name;
    if (method === 'PUT' && rest.length === 0) {
      collections.set(name, { metadata: body.metadata, points: new Map() });
      return true;
    }
    if (method === 'DELETE' && rest.length === 0) return collections.delete(name);
    const collection = collections.get(real);
    if (collection === undefined) return undefined;
    const points = () => [...collection.points.values()];
    const matching = (filter: Filter | undefined) => points().filter(({ payload }) => matches(payload, filter));
    switch (`${method} ${rest.join('/')}`) {
      case 'GET ':
        return { config: { params: {}, metadata: collection.metadata } };
      case 'PUT index':
      case 'PUT points':
        for (const point of body.points ?? []) collection.points.set(point.id, point);
        return { status: 'completed' };
      case 'PUT points/vectors':
        for (const { id, vector } of body.points ?? []) Object.assign(collection.points.get(id)?.vector ?? {}, vector);
        return { status: 'completed' };
      case 'POST points':
        return body.ids.flatMap((id) => collection.points.get(id) ?? []);
      case 'POST points/delete':
        for (const id of body.points ?? matching(body.filter).map((point) => point.id)) collection.points.delete(id);
        return { status: 'completed' };
      case 'POST points/count':
        return { count: matching(body.filter).length };
      case 'POST points/scroll': {
        const sorted = matching(body.filter).sort((a, b) => (a.id < b.id ? -1 : 1));
        const from = body.offset === undefined ? 0 : sorted.findIndex(({ id }) => id === body.offset);
        return {
          points: sorted.slice(from, from + body.limit),
          next_page_offset: sorted[from + body.limit]?.id ?? null,
        };
      }
      case 'POST points/query':
        return { points: search(points(), body) };
      case 'POST points/query/batch':
        return body.searches.map((one) => ({ points: search(points(), one) }));
      case 'POST snapshots':
        return { name: `${real}.snapshot`, size: 1 };
      default:
        return undefined;
    }
  }

  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    failWith(status, count = 1) {
      failures = new Array<number>(count).fill(status);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function search(points: readonly Point[], { prefetch, query, using, filter, params, limit }: Search) {
  if (prefetch !== undefined && 'rrf' in query) {
    const scores = new Map<Point, number>();
    for (const list of prefetch.map((one) => search(points, one))) {
      for (const [rank, { point }] of list.entries())
        scores.set(point, (scores.get(point) ?? 0) + 1 / (query.rrf.k + rank));
    }
    return ranked(
      Array.from(scores, ([point, score]) => ({ point, score, ...point })),
      limit,
    );
  }
  const candidates = points.filter(({ payload }) => matches(payload, filter));
  if (using === 'dense' && Array.isArray(query)) {
    const scored = candidates.map((point) => ({ point, score: dot(query, point.vector.dense ?? []), ...point }));
    return ranked(scored, limit);
  }
  if (!('indices' in query)) throw new Error('unknown query');
  // as the server does, points without a vector of that name are not counted
  const corpus = points.filter(
    ({ payload, vector }) => vector.bm25 !== undefined && matches(payload, params?.idf?.corpus),
  );
  const idf = query.indices.map((index) => {
    const having = corpus.filter(({ vector }) => vector.bm25?.indices.includes(index)).length;
    return Math.log(1 + (corpus.length - having + 0.5) / (having + 0.5));
  });
  const scored = candidates.map((point) => {
    const { indices = [], values = [] } = point.vector.bm25 ?? {};
    const parts = query.indices.map(
      (index, at) => (values[indices.indexOf(index)] ?? 0) * (query.values[at] ?? 0) * (idf[at] ?? 0),
    );
    return { point, score: parts.reduce((sum, part) => sum + part, 0), ...point };
  });
  return ranked(
    scored.filter(({ score }) => score > 0),
    limit,
  );
}

function ranked<T extends { readonly score: number }>(scored: T[], limit: number): T[] {
  return scored.sort((a, b) => b.score - a.score).slice(0, limit);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

function matches(payload: Record<string, unknown>, filter: Filter | undefined): boolean {
  return (filter?.must ?? []).every(({ key, match, range }) => {
    const value = payload[key];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    if (range !== undefined) return values.some((item) => Number(item) >= range.gte && Number(item) <= range.lte);
    return values.some((item) => (match?.any ?? [match?.value]).includes(item));
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = Buffer.concat(await Array.fromAsync(request)).toString();
  return text === '' ? undefined : JSON.parse(text);
}
