import { type Document, FieldkitError, type Metadata, normalizeUri, sha256 } from '@fieldkit/core';
import type { CleanOptions } from './clean-blocks.ts';
import { documentFrom } from './document-from.ts';
import { MEDIA } from './file-type.ts';
import { plainTextBlocks } from './text/plain-text-blocks.ts';

/** What LangChain calls a document: of `@langchain/core`, described by its shape so that no version of it is needed. */
export interface LangChainDocument {
  readonly pageContent: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly id?: string | undefined;
}

/** Any LangChain document loader. */
export interface LangChainLoader {
  load(): Promise<readonly LangChainDocument[]>;
}

export interface FromLangChainOptions {
  readonly tenant: string;
  /** Access groups; empty means everybody of the tenant. Default empty. */
  readonly groups?: readonly string[];
  /** Where a document comes from: those with the same answer become one, in their order. Default `metadata.source`, else the id. */
  readonly uriOf?: (document: LangChainDocument, index: number) => string;
  readonly clean?: CleanOptions;
}

/**
 * Documents of a LangChain loader as our own: text read for headings, lists and tables, title and metadata found, language told. The
 * pages or elements into which a loader cuts a file are put together again. Plain values of the loader's metadata are kept; objects
 * (`loc`, `pdf`) are flattened to `loc.pageNumber` where all parts agree.
 *
 * The text of a loader has no places on pages, so that answers cite headings only: read files themselves with `createParserPool`.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when a document has no source and no id; whatever the loader throws comes through.
 */
export async function fromLangChain(
  source: LangChainLoader | readonly LangChainDocument[],
  options: FromLangChainOptions,
): Promise<Document[]> {
  const { tenant, groups = [], uriOf = sourceOf, clean } = options;
  const loaded = 'load' in source ? await source.load() : source;
  const byUri = new Map<string, LangChainDocument[]>();
  loaded.forEach((document, index) => {
    const uri = normalizeUri(uriOf(document, index));
    byUri.set(uri, [...(byUri.get(uri) ?? []), document]);
  });
  return Array.from(byUri, ([uri, parts]) => {
    const text = parts.map(({ pageContent }) => pageContent).join('\n\n');
    const metadata = commonMetadata(parts.map((part) => flatten(part.metadata)));
    const title = typeof metadata.title === 'string' ? metadata.title : undefined;
    return documentFrom(
      { blocks: plainTextBlocks(text), ...(title !== undefined && { title }), metadata, findings: [] },
      {
        uri,
        tenant,
        groups,
        contentHash: sha256(Buffer.from(text)),
        mediaType: MEDIA.text,
        findings: [],
        ...(clean && { clean }),
      },
    );
  });
}

function sourceOf({ metadata, id }: LangChainDocument, index: number): string {
  const source = [metadata.source, metadata.url, id].find((value) => typeof value === 'string' && value !== '');
  if (typeof source === 'string') return source;
  throw new FieldkitError(
    'INVALID_OPTION',
    `document ${index + 1} of the loader has no metadata.source and no id: give uriOf`,
  );
}

function flatten(
  metadata: Readonly<Record<string, unknown>>,
  prefix = '',
  depth = 0,
): Record<string, Metadata[string]> {
  const flat: Record<string, Metadata[string]> = {};
  for (const [key, value] of Object.entries(metadata)) {
    const name = `${prefix}${key}`;
    if (typeof value === 'string' || typeof value === 'boolean') flat[name] = value;
    else if (typeof value === 'number' && Number.isFinite(value)) flat[name] = value;
    else if (value instanceof Date) flat[name] = value.toISOString();
    else if (Array.isArray(value) && value.every((item) => typeof item === 'string')) flat[name] = value;
    else if (isRecord(value) && depth < 2) Object.assign(flat, flatten(value, `${name}.`, depth + 1));
  }
  return flat;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What holds for every part holds for the whole. */
function commonMetadata(parts: readonly Record<string, Metadata[string]>[]): Record<string, Metadata[string]> {
  const [first = {}, ...rest] = parts;
  return Object.fromEntries(
    Object.entries(first).filter(([key, value]) =>
      rest.every((part) => JSON.stringify(part[key]) === JSON.stringify(value)),
    ),
  );
}
