import type { Passage, Tool } from '@fieldkit/core';

/** A search that always finds one passage of a manual; a real project searches its index. */
export function searchOf(text: string): Tool {
  const passage: Passage = {
    id: 'chunk-1',
    documentId: 'manual',
    index: 0,
    start: 0,
    end: text.length,
    text,
    context: '',
    headings: ['Service'],
    tokens: 14,
    metadata: { title: 'XP-200 manual', uri: 'knowledge/xp200.pdf', pages: '3' },
    tenant: 'default',
    groups: [],
    score: 1,
    ranks: { lexical: 1 },
  };
  return {
    name: 'search_knowledge',
    description: 'Finds passages in the documents',
    inputSchema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
    effects: 'read',
    yields: 'passages',
    timeoutMs: 1_000,
    run: async () => ({ data: { passages: [passage] }, text, isError: false }),
  };
}
