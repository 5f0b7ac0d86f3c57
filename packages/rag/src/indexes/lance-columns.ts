import type { Chunk } from '@fieldkit/core';
import {
  Field,
  FixedSizeList,
  Float32,
  Int32,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
} from 'apache-arrow';
import type { IndexRow } from '../index-contract.ts';
import { accessTokens, metadataTags } from './filter-tokens.ts';

/** Rows as Arrow columns, built by hand: the client's conversion from objects costs several times the write itself. */

const TEXT_COLUMNS = ['id', 'document_id', 'tenant', 'stamp', 'content', 'terms', 'text', 'facts'] as const;
/** What `toChunk` needs. */
export const CHUNK_COLUMNS: readonly string[] = ['id', 'document_id', 'position', 'tenant', 'text', 'facts'];
export const ROW_COLUMNS: readonly string[] = [...CHUNK_COLUMNS, 'stamp', 'content', 'terms'];

const listOfText = () => new List(new Field('item', new Utf8(), true));

/** The table's schema; `dimensions` undefined leaves the vector column out. */
export function chunkSchema(dimensions: number | undefined): Schema {
  const fields: Field[] = [
    ...TEXT_COLUMNS.map((name) => new Field(name, new Utf8(), false)),
    new Field('position', new Int32(), false),
    new Field('access', listOfText(), false),
    new Field('tags', listOfText(), false),
  ];
  if (dimensions !== undefined) {
    fields.push(new Field('vector', new FixedSizeList(dimensions, new Field('item', new Float32(), true)), false));
  }
  return new Schema(fields);
}

/** Rows as one Arrow table of `chunkSchema(dimensions)`. Every row has a vector of that length when `dimensions` is given. */
export function toArrowTable(rows: readonly IndexRow[], dimensions: number | undefined): Table {
  const schema = chunkSchema(dimensions);
  const columns = [
    textData(rows.map(({ chunk }) => chunk.id)),
    textData(rows.map(({ chunk }) => chunk.documentId)),
    textData(rows.map(({ chunk }) => chunk.tenant)),
    textData(rows.map(({ stamp }) => stamp)),
    textData(rows.map(({ content }) => content)),
    textData(rows.map(({ terms }) => terms.join(' '))),
    textData(rows.map(({ chunk }) => chunk.text)),
    textData(rows.map(({ chunk }) => factsOf(chunk))),
    makeData({ type: new Int32(), data: Int32Array.from(rows, ({ chunk }) => chunk.index) }),
    listData(rows.map(({ chunk }) => accessTokens(chunk))),
    listData(rows.map(({ chunk }) => metadataTags(chunk))),
    ...(dimensions === undefined ? [] : [vectorData(rows, dimensions)]),
  ];
  const struct = makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children: columns });
  return new Table(schema, [new RecordBatch(schema, struct)]);
}

function textData(values: readonly string[]) {
  const offsets = new Int32Array(values.length + 1);
  let size = 0;
  for (const value of values) size += Buffer.byteLength(value);
  const data = Buffer.allocUnsafe(size);
  let at = 0;
  for (const [index, value] of values.entries()) {
    at += data.write(value, at);
    offsets[index + 1] = at;
  }
  return makeData({ type: new Utf8(), length: values.length, nullCount: 0, valueOffsets: offsets, data });
}

function listData(lists: readonly (readonly string[])[]) {
  const offsets = new Int32Array(lists.length + 1);
  for (const [index, list] of lists.entries()) offsets[index + 1] = (offsets[index] ?? 0) + list.length;
  const child = textData(lists.flat());
  return makeData({ type: listOfText(), length: lists.length, nullCount: 0, valueOffsets: offsets, child });
}

function vectorData(rows: readonly IndexRow[], dimensions: number) {
  const values = new Float32Array(rows.length * dimensions);
  for (const [index, { vector }] of rows.entries()) if (vector !== undefined) values.set(vector, index * dimensions);
  const type = new FixedSizeList(dimensions, new Field('item', new Float32(), true));
  const child = makeData({ type: new Float32(), data: values });
  return makeData({ type, length: rows.length, nullCount: 0, child });
}

function factsOf(chunk: Chunk): string {
  const { start, end, context, headings, tokens, metadata, groups } = chunk;
  return JSON.stringify({ start, end, context, headings, tokens, metadata, groups });
}

/** Reads a column of an answer. */
export type ColumnReader = (name: string, row: number) => unknown;

export function columnReader(table: Table | RecordBatch): ColumnReader {
  const columns = new Map(table.schema.fields.map(({ name }) => [name, table.getChild(name)]));
  return (name, row) => columns.get(name)?.get(row);
}

export function toChunk(read: ColumnReader, row: number): Chunk {
  const text = (name: string) => String(read(name, row));
  // written by `factsOf`
  const facts = JSON.parse(text('facts')) as Pick<
    Chunk,
    'start' | 'end' | 'context' | 'headings' | 'tokens' | 'metadata' | 'groups'
  >;
  const { start, end, context, headings, tokens, metadata, groups } = facts;
  const index = Number(read('position', row));
  const [id, documentId, tenant] = [text('id'), text('document_id'), text('tenant')];
  return { id, documentId, index, start, end, text: text('text'), context, headings, tokens, metadata, tenant, groups };
}

export function toIndexRow(read: ColumnReader, row: number): IndexRow {
  const vector = toVector(read('vector', row));
  return {
    chunk: toChunk(read, row),
    stamp: String(read('stamp', row)),
    content: String(read('content', row)),
    terms: toTerms(read, row),
    ...(vector === undefined ? {} : { vector }),
  };
}

export function toTerms(read: ColumnReader, row: number): string[] {
  const terms = String(read('terms', row));
  return terms === '' ? [] : terms.split(' ');
}

/** A copy, so that it does not hold the whole batch in memory. */
export function toVector(value: unknown): Float32Array | undefined {
  // not `instanceof Vector`: the client has its own copy of the class
  if (value === null || typeof value !== 'object' || !('toArray' in value)) return undefined;
  const values: unknown = typeof value.toArray === 'function' ? value.toArray() : undefined;
  return values instanceof Float32Array ? values.slice() : undefined;
}
