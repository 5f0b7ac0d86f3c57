/** What one would write by hand with the LanceDB client: the same columns, indexes and searches. */
import { mkdirSync } from 'node:fs';
import { connect, Index, MatchQuery } from '@lancedb/lancedb';
import { Field, FixedSizeList, Float32, Int32, List, Schema, Utf8 } from 'apache-arrow';
import type { IndexRow } from '../index-contract.ts';

const COLUMNS = ['id', 'document_id', 'position', 'tenant', 'text', 'facts'];

/** Makes the table, or opens the one that is there. */
export async function openBare(directory: string, dimensions: number) {
  mkdirSync(directory, { recursive: true });
  const database = await connect(directory);
  const list = () => new List(new Field('item', new Utf8(), true));
  const text = (name: string) => new Field(name, new Utf8(), false);
  const schema = new Schema([
    ...['id', 'document_id', 'tenant', 'stamp', 'content', 'terms', 'text', 'facts'].map(text),
    new Field('position', new Int32(), false),
    new Field('access', list(), false),
    new Field('tags', list(), false),
    new Field('vector', new FixedSizeList(dimensions, new Field('item', new Float32(), true)), false),
  ]);
  const there = (await database.tableNames()).includes('chunks');
  const table = there ? await database.openTable('chunks') : await database.createEmptyTable('chunks', schema);
  const where = `array_has_any(access, ['["default"]'])`;
  return {
    async add(rows: readonly IndexRow[]) {
      await table.add(
        rows.map(({ chunk, stamp, content, terms, vector }) => ({
          id: chunk.id,
          document_id: chunk.documentId,
          tenant: chunk.tenant,
          stamp,
          content,
          terms: terms.join(' '),
          text: chunk.text,
          facts: JSON.stringify({
            start: chunk.start,
            end: chunk.end,
            context: chunk.context,
            headings: chunk.headings,
            tokens: chunk.tokens,
            metadata: chunk.metadata,
            groups: chunk.groups,
          }),
          position: chunk.index,
          access: ['["default"]'],
          tags: Object.entries(chunk.metadata).map((entry) => JSON.stringify(entry)),
          vector,
        })),
      );
    },
    async index(size: number) {
      await table.createIndex('terms', {
        config: Index.fts({
          withPosition: false,
          baseTokenizer: 'whitespace',
          lowercase: false,
          stem: false,
          removeStopWords: false,
          asciiFolding: false,
        }),
      });
      if (size >= 5000) {
        for (const column of ['id', 'document_id', 'content'])
          await table.createIndex(column, { config: Index.btree() });
        for (const column of ['access', 'tags']) await table.createIndex(column, { config: Index.labelList() });
      }
      if (size >= 20_000) await table.createIndex('vector', { config: Index.ivfRq({ distanceType: 'cosine' }) });
      await table.optimize();
    },
    async hybrid(vector: Float32Array, terms: readonly string[]) {
      return Promise.all([
        table
          .query()
          .nearestTo(vector)
          .distanceType('cosine')
          .where(where)
          .nprobes(100_000)
          .refineFactor(10)
          .select([...COLUMNS, '_distance'])
          .limit(66)
          .toArrow(),
        table
          .query()
          .fullTextSearch(new MatchQuery(terms.join(' '), 'terms'))
          .where(where)
          .select([...COLUMNS, '_score'])
          .limit(66)
          .toArrow(),
      ]);
    },
  };
}
