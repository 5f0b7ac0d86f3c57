import { type Document, FieldkitError } from '@fieldkit/core';
import { datesIn } from '../duplicates/dates.ts';
import { introductionOf, labelled } from './introduction.ts';

/** A field that a project wants from its documents. */
export interface DeclaredField {
  /** Key of the metadata: letters, digits and `_`. */
  readonly name: string;
  /** What stands before the value, in any language: `['Confidentiality', '密级']`. Upper and lower case are alike. */
  readonly labels: readonly string[];
  /** `date` gives `2026-03-18`, `number` the first number behind the label. Default `text`. */
  readonly type?: 'text' | 'number' | 'date';
  /** Only these values count, upper and lower case alike: `['public', 'internal']`. */
  readonly values?: readonly string[];
}

export interface DeclaredValue {
  readonly value: string | number;
  /** The line it was taken from. */
  readonly quote: string;
}

/**
 * Values of declared fields by rules: a label with a colon (or a table row that begins with it) and the value behind it, looked for in
 * the running heads, the beginning and then the rest of the document. A field that is not stated is absent.
 *
 * @throws {FieldkitError} `INVALID_OPTION` for a field without a label or with a name that is no key.
 */
export function extractFields(
  document: Pick<Document, 'title' | 'blocks' | 'metadata'>,
  fields: readonly DeclaredField[],
): Readonly<Record<string, DeclaredValue>> {
  const { lines, text } = introductionOf(document.title, document.blocks, document.metadata);
  const all = [...lines, ...text.split('\n').filter((line) => line.length <= 400)];
  const found: Record<string, DeclaredValue> = {};
  for (const field of fields) {
    const labels = labelPattern(field);
    for (const line of all) {
      const stated = labelled(line, labels);
      const value = stated === undefined ? undefined : typedValue(stated, field);
      if (value === undefined) continue;
      found[field.name] = { value, quote: line.slice(0, 160) };
      break;
    }
  }
  return found;
}

function labelPattern({ name, labels }: DeclaredField): RegExp {
  const words = labels.map((label) => label.trim()).filter((label) => label !== '');
  if (words.length === 0 || !/^\w+$/.test(name)) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `field "${name}" needs a name of letters and digits and at least one label`,
    );
  }
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
  return new RegExp(escaped.join('|'), 'i');
}

/** What a stated text is as a value of the field; `undefined` when it is none. */
export function typedValue(stated: string, { type = 'text', values }: DeclaredField): string | number | undefined {
  if (type === 'date') return datesIn(stated)[0]?.iso;
  if (type === 'number') {
    const number = /-?\d[\d,，]*(?:\.\d+)?/.exec(stated)?.[0];
    return number === undefined ? undefined : Number(number.replace(/[,，]/g, ''));
  }
  if (values === undefined) return stated;
  return values.find((value) => stated.toLowerCase().startsWith(value.toLowerCase()));
}
