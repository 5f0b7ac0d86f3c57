import type { Case } from '../data/case.ts';
import type { Outcome } from '../target.ts';

/** The texts that a target could answer from: its own contexts, the case's, the outputs of its tools and retrievals, its citations' quotes. */
export function contextTextsOf(item: Pick<Case, 'contexts'>, { contexts = [], run, answer }: Outcome): string[] {
  const texts = [...contexts, ...(item.contexts ?? [])];
  const steps = run?.steps ?? [];
  const tools = new Set(steps.filter(({ kind }) => kind === 'tool').map(({ id }) => id));
  for (const { kind, output, parentId = '' } of steps) {
    if (tools.has(parentId)) continue; // how a tool came to its result, which is there already
    if (kind === 'tool' || kind === 'retrieval' || kind === 'rerank') collectTexts(output, texts);
  }
  return texts.length > 0 ? texts : answer.citations.map(({ quote }) => quote);
}

function collectTexts(value: unknown, into: string[]): void {
  if (typeof value === 'string') into.push(value);
  else if (typeof value === 'number') into.push(String(value));
  else if (Array.isArray(value)) for (const item of value) collectTexts(item, into);
  else if (value !== null && typeof value === 'object')
    for (const item of Object.values(value)) collectTexts(item, into);
}
