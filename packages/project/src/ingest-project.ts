import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  type ChatModel,
  documentId,
  errorRecord,
  FieldkitError,
  type Finding,
  mapConcurrent,
  toFieldkitError,
} from '@fieldkit/core';
import { createParserPool, createTesseractOcr, createVisionOcr, readerStamp, readScannedPages } from '@fieldkit/ingest';
import type { ProjectConfig } from './config-schema.ts';
import type { DocumentStore, StoredFile } from './document-store.ts';
import { type KnowledgeFile, listKnowledgeFiles } from './list-knowledge-files.ts';

/** What happened to one file. */
export interface IngestedFile {
  readonly uri: string;
  readonly id: string;
  /** `read`: parsed now. `unchanged`: stored before. `failed`: no document came of it. `removed`: the file is gone. */
  readonly outcome: 'read' | 'unchanged' | 'failed' | 'removed';
  readonly mediaType?: string;
  readonly pageCount?: number;
  readonly title?: string;
  readonly findings: readonly Finding[];
  readonly durationMs: number;
}

export interface ReadDocumentsOptions {
  /** The chat model of a name, for OCR with a vision model. */
  readonly model?: (name: string) => Promise<ChatModel>;
  readonly signal?: AbortSignal;
  /** Told after each file, in the order they end. */
  readonly onFile?: (file: IngestedFile, done: number, total: number) => void;
}

/** A machine under load may fail here and succeed next time: these failures are not remembered. */
const TRANSIENT = new Set(['PARSE_TIMED_OUT', 'PARSE_OUT_OF_MEMORY', 'PARSE_CRASHED']);

/**
 * Brings the stored documents up to date with the files: new and changed files are parsed, files that are gone are removed, unchanged
 * ones are left alone. A file that cannot be read is a result, never an exception; each finished file is stored at once, so that an
 * interrupted run goes on where it stopped.
 */
export async function readDocuments(
  root: string,
  config: ProjectConfig,
  store: DocumentStore,
  { signal, onFile, model }: ReadDocumentsOptions = {},
): Promise<IngestedFile[]> {
  const { include, exclude, tenant, limits, processes, ocr } = config.knowledge;
  const files = listKnowledgeFiles(root, { include, exclude, tenant });
  const stored = new Map(store.list().map((file) => [file.id, file]));
  const results: IngestedFile[] = [];
  const report = (file: IngestedFile) => {
    results.push(file);
    onFile?.(file, results.length, files.length);
  };
  const pool = createParserPool({
    processes: processes ?? Math.min(4, availableParallelism()),
    limits: {
      timeoutMs: limits.timeoutSeconds * 1000,
      memoryMb: limits.memoryMb,
      maxBytes: limits.maxMegabytes * 1024 * 1024,
      maxPages: limits.maxPages,
    },
  });
  // with other OCR settings a document is read again
  const stamp = ocr === undefined ? readerStamp() : `${readerStamp()}/${JSON.stringify(ocr)}`;
  const localOcr = ocr?.engine === 'local' ? createTesseractOcr() : undefined;
  const ocrStep =
    ocr?.engine === 'vision' && model !== undefined
      ? createVisionOcr({ model: await model(ocr.model) })
      : localOcr?.read;
  try {
    await mapConcurrent(
      files,
      Math.max(1, processes ?? Math.min(4, availableParallelism())),
      async (file) => {
        report(await readOne(file, stored.get(documentId(file.tenant, file.uri))));
      },
      signal === undefined ? {} : { signal },
    );
  } finally {
    await pool.close();
    await localOcr?.close();
  }
  const present = new Set(files.map((file) => documentId(file.tenant, file.uri)));
  for (const { id, uri } of stored.values()) {
    if (present.has(id)) continue;
    store.remove(id);
    results.push({ uri, id, outcome: 'removed', findings: [], durationMs: 0 });
  }
  return results;

  async function readOne(file: KnowledgeFile, known: StoredFile | undefined): Promise<IngestedFile> {
    const started = performance.now();
    const id = documentId(file.tenant, file.uri);
    const base = { uri: file.uri, id };
    if (file.outside === true) {
      if (known !== undefined) store.remove(id);
      return { ...base, outcome: 'failed', findings: [leadsOut(file.uri)], durationMs: performance.now() - started };
    }
    try {
      const contentHash = await hashFile(file.path);
      if (
        known !== undefined &&
        known.contentHash === contentHash &&
        known.readerStamp === stamp &&
        sameGroups(known, file)
      ) {
        return { ...base, ...outcomeOf(known), durationMs: performance.now() - started };
      }
      try {
        const parsed = await pool.parse(
          { path: file.path, uri: file.uri, tenant: file.tenant, groups: [...file.groups] },
          signal === undefined ? {} : { signal },
        );
        const document =
          ocr === undefined || ocrStep === undefined
            ? parsed
            : await readScannedPages(parsed, {
                path: file.path,
                ocr: ocrStep,
                retryCleaned: ocr.engine === 'local',
                dpi: ocr.dpi,
                minConfidence: ocr.minConfidence,
                ...(signal === undefined ? {} : { signal }),
              });
        store.putDocument(document, stamp);
        const { mediaType, title, pageCount, findings } = document;
        return {
          ...base,
          outcome: 'read',
          mediaType,
          title,
          findings,
          ...(pageCount === undefined ? {} : { pageCount }),
          durationMs: performance.now() - started,
        };
      } catch (error) {
        signal?.throwIfAborted();
        const failure = failureOf(error, file.uri);
        if (failure.code === 'disk-full') throw error;
        const remembered = TRANSIENT.has(toFieldkitError(error).code) ? 'again' : stamp;
        store.putFailure(
          { ...base, tenant: file.tenant, groups: file.groups, contentHash, readerStamp: remembered },
          failure,
        );
        return { ...base, outcome: 'failed', findings: [failure], durationMs: performance.now() - started };
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (toFieldkitError(error).code === 'DISK_FULL' || toFieldkitError(error).code === 'STORE_DAMAGED') throw error;
      // the file cannot even be opened: what was stored of it stays until it is known to be gone
      return {
        ...base,
        outcome: 'failed',
        findings: [failureOf(error, file.uri)],
        durationMs: performance.now() - started,
      };
    }
  }
}

function outcomeOf({
  failure,
  findings,
  title,
  pageCount,
}: StoredFile): Pick<IngestedFile, 'outcome' | 'findings' | 'title' | 'pageCount'> {
  if (failure !== undefined) return { outcome: 'failed', findings: [failure] };
  return { outcome: 'unchanged', findings, title, ...(pageCount === undefined ? {} : { pageCount }) };
}

function sameGroups(known: StoredFile, file: KnowledgeFile): boolean {
  return known.tenant === file.tenant && JSON.stringify(known.groups) === JSON.stringify(file.groups);
}

function leadsOut(uri: string): Finding {
  return {
    severity: 'error',
    code: 'outside-project',
    message: `${uri} is a link to a file outside the project and was not read`,
    where: uri,
    suggestion: 'Copy the file into the project if it belongs to its knowledge.',
  };
}

function failureOf(error: unknown, uri: string): Finding {
  const { code, message } = errorRecord(toFieldkitError(error, 'FILE_UNREADABLE', `cannot read ${uri}`));
  return { severity: 'error', code: code.toLowerCase().replaceAll('_', '-'), message, where: uri };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(path)) hash.update(part);
  } catch (error) {
    throw toFieldkitError(error, 'FILE_UNREADABLE', 'cannot open the file');
  }
  return hash.digest('hex');
}

/** @throws {FieldkitError} `DOCUMENT_NOT_FOUND` when a project has nothing to read. */
export function requireFiles(files: readonly IngestedFile[], root: string, include: readonly string[]): void {
  if (files.some(({ outcome }) => outcome !== 'removed')) return;
  throw new FieldkitError(
    'DOCUMENT_NOT_FOUND',
    `there are no documents in ${root} (${include.join(', ')})${files.length === 0 ? '' : `; the ${files.length} that were there are gone from the index`}; put PDF, Word or text files there and run \`fieldkit ingest\``,
  );
}
