import type { LongTermMemory, MemoryNote } from '@fieldkit/agent';
import {
  type Caller,
  type Chunk,
  callerKey,
  type Embedder,
  estimateTokens,
  isFieldkitError,
  sha256,
} from '@fieldkit/core';
import { createRetriever, type Index, type IndexRow, indexRow, indexStamp } from '@fieldkit/rag';

/** Stamped into the index: how notes are cut. */
const SEGMENTER = 'notes 1';
/** Notes of one caller at most; the oldest go first. */
const MOST_NOTES = 500;

/**
 * Long-term memory in an index of its own. Each caller's notes are a document in a group that nobody else is in, so the filter that keeps
 * documents apart keeps notes apart; without a semantic embedder they are found by words.
 */
export function createLongTermMemory(index: Index, embedder?: Embedder): LongTermMemory {
  const semantic = embedder?.semantic === true ? embedder : undefined;
  const models = semantic === undefined ? {} : { embedder: semantic };
  const retrieve = createRetriever({ index, ...models, defaults: { versions: false, sameFrom: 1 } });
  let writing: Promise<unknown> = Promise.resolve();
  /** One writer at a time, on an index that fits. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const next = writing.then(async () => {
      await open();
      return index.exclusive(work);
    });
    writing = next.catch(() => undefined);
    return next;
  };
  /** A document whose state is not noted counts as half written. */
  const mark = (owner: string, chunks: number) => index.markDocuments([{ id: owner, contentStamp: SEGMENTER, chunks }]);

  const rowsOf = async (chunks: readonly Chunk[]): Promise<IndexRow[]> => {
    const vectors = semantic === undefined ? [] : await semantic.embed(chunks.map(({ text }) => text));
    return chunks.map((chunk, at) => {
      const vector = vectors[at];
      return { ...indexRow(chunk), ...(vector === undefined ? {} : { vector }) };
    });
  };

  /** Another embedding model, or another Node: the notes are embedded and analysed again. */
  const open = async (): Promise<void> => {
    const stamp = indexStamp({ ...models, segmenter: SEGMENTER });
    try {
      await index.open(stamp);
    } catch (error) {
      if (!isFieldkitError(error, 'INDEX_MISMATCH')) throw error;
      await index.rebuild(async (fresh) => {
        await fresh.open(stamp);
        for await (const rows of index.scan()) await fresh.upsert(await rowsOf(rows.map(({ chunk }) => chunk)));
        await fresh.markDocuments([...(await index.documents()).values()]);
      });
    }
  };

  const notesOf = async (caller: Caller): Promise<Chunk[]> => {
    if ((await index.stamp()) === undefined) return [];
    const owner = ownerOf(caller);
    return index.neighbours(owner, 0, 2 ** 31 - 1, { access: { tenant: caller.tenant, groups: [owner] } });
  };

  return {
    async recall(caller, question, { limit, signal }) {
      if ((await index.stamp()) === undefined) return [];
      const as = { ...caller, groups: [ownerOf(caller)] };
      const found = await retrieve(question, as, { limit, ...(signal === undefined ? {} : { signal }) });
      return found.map(toNote);
    },
    async remember(caller, texts, at) {
      await alone(async () => {
        const known = await notesOf(caller);
        const fresh = texts.filter((text) => !known.some((note) => note.text === text));
        if (fresh.length === 0) return;
        const last = known.at(-1)?.index ?? -1;
        await index.upsert(await rowsOf(fresh.map((text, offset) => toChunk(caller, text, at, last + 1 + offset))));
        const excess = known.slice(0, Math.max(0, known.length + fresh.length - MOST_NOTES));
        if (excess.length > 0) await index.delete({ chunkIds: excess.map(({ id }) => id) });
        await mark(ownerOf(caller), Math.min(MOST_NOTES, known.length + fresh.length));
        await index.optimize();
      });
    },
    list: async (caller) => (await notesOf(caller)).map(toNote),
    async forget(caller, ids) {
      if ((await index.stamp()) === undefined) return 0;
      return alone(async () => {
        const known = await notesOf(caller);
        const kept = ids === undefined ? [] : known.filter(({ id }) => !ids.includes(id));
        if (kept.length === known.length) return 0;
        // For good: nothing of a note may be left on disk, so what stays is written anew.
        const rows = await rowsOf(kept);
        await index.erase([ownerOf(caller)]);
        if (rows.length > 0) {
          await index.upsert(rows);
          await mark(ownerOf(caller), rows.length);
          await index.optimize();
        }
        return known.length - kept.length;
      });
    },
  };
}

/** A group and a document of this caller alone. */
function ownerOf(caller: Caller): string {
  return `memory-${sha256(callerKey(caller)).slice(0, 32)}`;
}

function toChunk(caller: Caller, text: string, at: string, index: number): Chunk {
  const owner = ownerOf(caller);
  const metadata = { title: 'memory', uri: owner, mediaType: 'text/plain', language: 'und', at };
  return {
    id: sha256(`${owner} ${text}`).slice(0, 32),
    documentId: owner,
    index,
    start: 0,
    end: text.length,
    text,
    context: '',
    headings: [],
    tokens: estimateTokens(text),
    metadata,
    tenant: caller.tenant,
    groups: [owner],
  };
}

function toNote({ id, text, metadata }: Pick<Chunk, 'id' | 'text' | 'metadata'>): MemoryNote {
  return { id, text, at: String(metadata.at ?? '') };
}
