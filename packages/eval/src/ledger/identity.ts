import { hash } from 'node:crypto';
import type { Case } from '../data/case.ts';

/** JSON with sorted keys, so that equal values have equal text. Undefined fields are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join()}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
    return `{${fields.join()}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** 16 bytes of SHA-256. */
export function shortHash(text: string): Uint8Array {
  return hash('sha256', text, 'buffer').subarray(0, 16);
}

/** What a target is given of a case. Labels are left out: correcting a reference answer must not ask the model again. */
export function caseIdentity({ id, question, history, caller, contexts, variables }: Case): Uint8Array {
  return shortHash(canonicalJson({ id, question, history, caller, contexts, variables }));
}
