import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkIds, documentId, newRunId, normalizeUri, sha256 } from './ids.ts';

describe('chunkIds', () => {
  it('numbers equal contents, so that every id of a document is its own and the same each time', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', '')), (contents) => {
        const first = contents.map(chunkIds('doc'));
        expect(new Set(first).size).toBe(contents.length);
        expect(contents.map(chunkIds('doc'))).toEqual(first);
      }),
    );
  });

  it('leaves the id of a content alone when another is inserted before it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.nat(), (contents, at) => {
        const inserted = [...contents];
        inserted.splice(at % contents.length, 0, '\u0000new');
        const before = contents.map(chunkIds('doc'));
        const after = inserted.map(chunkIds('doc'));
        expect(before.every((id) => after.includes(id))).toBe(true);
      }),
    );
  });

  it('differs between documents', () => {
    expect(chunkIds('a')('x')).not.toBe(chunkIds('b')('x'));
  });
});

describe('documentId', () => {
  it('is the same for the same path written on another platform or in another normal form', () => {
    const id = documentId('t', 'knowledge/Prüfung/a.pdf');
    expect(documentId('t', 'knowledge\\Pru\u0308fung\\a.pdf')).toBe(id);
    expect(documentId('t', './knowledge/Prüfung/a.pdf')).toBe(id);
    expect(id).toMatch(/^[0-9a-f]{24}$/);
  });

  it('keeps tenants apart, also when tenant and path run together', () => {
    expect(documentId('a', 'b/c')).not.toBe(documentId('a/b', 'c'));
    expect(documentId('a', 'x')).not.toBe(documentId('b', 'x'));
  });

  it('normalizes once for all', () => {
    fc.assert(fc.property(fc.string(), (path) => normalizeUri(normalizeUri(path)) === normalizeUri(path)));
  });
});

describe('newRunId and sha256', () => {
  it('sort by time', () => {
    const early = newRunId(new Date('2026-01-02T03:04:05.006Z'));
    expect(early).toMatch(/^run-20260102T030405006-[0-9a-f]{8}$/);
    expect(early < newRunId(new Date('2026-01-02T03:04:05.007Z'))).toBe(true);
  });

  it('hash text as its UTF-8 bytes', () => {
    expect(sha256('é')).toBe(sha256(new TextEncoder().encode('é')));
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});
