import { type BlockSpan, blockSpans, type Caller, chunkSchema, type Document, maySee, placesOf } from '@fieldkit/core';
import { visibleDocument } from '@fieldkit/project';
import { z } from 'zod';
import { notFound } from '../http/http-failure.ts';
import type { Route } from '../route.ts';
import type { RouteRequest, Services } from '../services.ts';
import { createDocumentFiles } from './document-file.ts';
import { numberIn } from './query.ts';

const LIMIT = 'rows at most, 1 to 500 (default 100)';
const AFTER = 'rows passed over (default 0)';

/** Documents with what was found in them. A document that the caller may not see is one that does not exist. */
export function documentRoutes({ project, audit }: Services): Route[] {
  const deliver = createDocumentFiles(project.paths.root);

  const required = ({ params, principal }: RouteRequest): Document => {
    const document = visibleDocument(project, params.id ?? '', principal.caller);
    if (document === undefined) throw notFound('there is no such document', 'document_not_found');
    return document;
  };

  return [
    {
      method: 'GET',
      path: '/api/documents',
      access: 'user',
      tag: 'knowledge',
      summary: 'Documents that the caller may see, files that could not be read among them, with their findings.',
      query: { limit: LIMIT, after: AFTER },
      handle({ principal, query }) {
        const all = listVisible(project.documents.list(), principal.caller);
        const after = numberIn(query, 'after', { min: 0, max: 1_000_000, fallback: 0 });
        const limit = numberIn(query, 'limit', { min: 1, max: 500, fallback: 100 });
        const documents = all.slice(after, after + limit).map((file) => ({
          id: file.id,
          uri: file.uri,
          title: file.title,
          groups: file.groups,
          pageCount: file.pageCount ?? null,
          failure: file.failure ?? null,
          findings: file.findings,
        }));
        return Response.json({ total: all.length, documents });
      },
    },
    {
      method: 'GET',
      path: '/api/documents/:id',
      access: 'user',
      tag: 'knowledge',
      summary: 'One document: what is known of it, its findings, its headings and how many blocks of each kind it has.',
      handle(route) {
        const { text, blocks, places, ...known } = required(route);
        const kinds: Record<string, number> = {};
        for (const { kind } of blocks) kinds[kind] = (kinds[kind] ?? 0) + 1;
        const outline = blockSpans(blocks)
          .filter(({ block }) => block.kind === 'heading')
          .map(({ block, start }) => ({ level: block.level ?? 1, text: block.text, start }));
        return Response.json({
          ...known,
          length: text.length,
          blocks: blocks.length,
          places: places.length,
          kinds,
          outline,
        });
      },
    },
    {
      method: 'GET',
      path: '/api/documents/:id/blocks',
      access: 'user',
      tag: 'knowledge',
      summary: 'Blocks in reading order, each with its offsets and its places on the pages.',
      query: { limit: LIMIT, after: AFTER },
      handle(route) {
        const document = required(route);
        const after = numberIn(route.query, 'after', { min: 0, max: 10_000_000, fallback: 0 });
        const limit = numberIn(route.query, 'limit', { min: 1, max: 500, fallback: 100 });
        const spans = blockSpans(document.blocks);
        const blocks = spans.slice(after, after + limit).map((span, index) => blockOf(document, span, after + index));
        return Response.json({ total: spans.length, blocks });
      },
    },
    {
      method: 'GET',
      path: '/api/documents/:id/pages/:page',
      access: 'user',
      tag: 'knowledge',
      summary: 'One page: its recognised blocks, with their boxes on it.',
      handle(route) {
        const document = required(route);
        const page = Number(route.params.page);
        if (document.pageCount === undefined || !(page >= 1 && page <= document.pageCount)) {
          throw notFound('there is no such page', 'page_not_found');
        }
        const blocks = blockSpans(document.blocks)
          .map((span, index) => blockOf(document, span, index))
          .map((block) => ({ ...block, places: block.places.filter((place) => place.page === page) }))
          .filter(({ places }) => places.length > 0);
        return Response.json({ page, pageCount: document.pageCount, blocks });
      },
    },
    {
      method: 'GET',
      path: '/api/documents/:id/text',
      access: 'user',
      tag: 'knowledge',
      summary: 'The canonical text that offsets count in.',
      media: 'text/plain',
      handle: (route) =>
        new Response(required(route).text, { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
    },
    {
      method: 'GET',
      path: '/api/documents/:id/file',
      access: 'user',
      tag: 'knowledge',
      summary: 'The file itself, byte for byte as it was read; ranges are served.',
      media: 'application/octet-stream',
      async handle(route) {
        const document = required(route);
        const { caller, id: actor } = route.principal;
        const response = await deliver(document, route.request);
        if (response.status === 200) {
          audit.append({ action: 'document-file', actor, tenant: caller.tenant, target: document.id });
        }
        return response;
      },
    },
    {
      method: 'GET',
      path: '/api/documents/:id/places',
      access: 'user',
      tag: 'knowledge',
      summary: 'Where a stretch of the text stands on the pages: the boxes to mark.',
      query: { start: 'first offset', end: 'offset after the last' },
      handle(route) {
        const document = required(route);
        const bounds = { min: 0, max: document.text.length };
        const start = numberIn(route.query, 'start', { ...bounds, fallback: 0 });
        const end = numberIn(route.query, 'end', { ...bounds, fallback: start });
        return Response.json({ text: document.text.slice(start, end), places: placesOf(document, start, end) });
      },
    },
    {
      method: 'GET',
      path: '/api/documents/:id/chunks',
      access: 'user',
      tag: 'knowledge',
      summary: 'The chunks that the document is searched by.',
      query: { limit: LIMIT, after: AFTER },
      response: z.object({ total: z.number(), chunks: z.array(chunkSchema) }),
      async handle(route) {
        const document = required(route);
        const after = numberIn(route.query, 'after', { min: 0, max: 10_000_000, fallback: 0 });
        const limit = numberIn(route.query, 'limit', { min: 1, max: 500, fallback: 100 });
        const { segmentDocument } = await import('@fieldkit/ingest');
        const chunks = segmentDocument(document, project.config.knowledge.segmentation);
        return Response.json({ total: chunks.length, chunks: chunks.slice(after, after + limit) });
      },
    },
  ];
}

function listVisible<T extends { readonly tenant: string; readonly groups: readonly string[] }>(
  files: readonly T[],
  caller: Caller,
): T[] {
  return files.filter((file) => maySee(caller, file));
}

function blockOf(document: Document, { block, start, end }: BlockSpan, index: number) {
  return { index, ...block, start, end, places: placesOf(document, start, end) };
}
