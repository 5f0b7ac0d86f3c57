import { FieldkitError } from '@fieldkit/core';
import type { Case } from '../data/case.ts';

const PLACEHOLDER = /\{\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}\}/g;

/** Names of a template's placeholders, each once. */
export function placeholdersOf(template: string): string[] {
  return [...new Set(Array.from(template.matchAll(PLACEHOLDER), ([, name = '']) => name))];
}

/**
 * Fills `{{question}}`, `{{contexts}}` (numbered), `{{history}}`, `{{language}}` and the case's own `variables`. Values are put in as they
 * are and never filled again.
 *
 * @throws {FieldkitError} `DATASET_INVALID` when the case has no value for a placeholder.
 */
export function fillTemplate(template: string, item: Case): string {
  const known: Record<string, string> = {
    question: item.question,
    contexts: (item.contexts ?? []).map((text, index) => `[${index + 1}] ${text}`).join('\n\n'),
    history: item.history.join('\n'),
    language: item.language ?? '',
  };
  return template.replace(PLACEHOLDER, (_whole, name: string) => {
    const value = item.variables?.[name] ?? known[name];
    if (value === undefined) {
      throw new FieldkitError(
        'DATASET_INVALID',
        `case ${item.id} has no value for {{${name}}}; add it to its variables`,
      );
    }
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
