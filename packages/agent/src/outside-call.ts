import { analyzeText, FieldkitError, findPersonalData, schemaProperties, type Tool } from '@fieldkit/core';

/** Largest number that an argument declared as one may have without the user having said it: a page, a limit. */
const LARGEST_COUNT = 100;
/** Words named in the message to a model. */
const WORDS_NAMED = 5;

export interface OutsideCall {
  /** What the user said, in this turn and before. */
  readonly own: string;
  /** Text from outside was in the context when the call was chosen. */
  readonly afterUntrusted: boolean;
}

/**
 * What documents, records and earlier answers say must not leave by the argument of a tool that somebody else runs. Personal data never do; once
 * anything of that kind has been read, such a tool is asked in words of the user only, in any order.
 *
 * @throws {FieldkitError} `TOOL_FORBIDDEN` with what to leave out: a model can ask again.
 */
export function checkOutsideCall(tool: Tool, input: unknown, { own, afterUntrusted }: OutsideCall): void {
  const told = argumentTexts(tool, input);
  const kinds = [...new Set(told.flatMap((text) => findPersonalData(text).map(({ kind }) => kind)))];
  if (kinds.length > 0) {
    throw new FieldkitError(
      'TOOL_FORBIDDEN',
      `${tool.name} is run by somebody else and was not called: its arguments hold personal data (${kinds.join(', ')}); ask without`,
    );
  }
  if (!afterUntrusted) return;
  const known = wordsOf(own);
  const strange = [...new Set(told.flatMap((text) => [...wordsOf(text)]))].filter((word) => !isSaid(word, known, own));
  if (strange.length === 0) return;
  throw new FieldkitError(
    'TOOL_FORBIDDEN',
    `${tool.name} is run by somebody else and was not called: after documents or records were read it is asked in words of the question only; leave out ${strange
      .slice(0, WORDS_NAMED)
      .map((word) => `"${word.slice(0, 40)}"`)
      .join(', ')}${strange.length > WORDS_NAMED ? ` and ${strange.length - WORDS_NAMED} more` : ''}`,
  );
}

/** Everything that a call says, but for the choices that the tool itself lists and for small numbers. */
function argumentTexts(tool: Tool, input: unknown): string[] {
  if (input === null || typeof input !== 'object') return [String(input)];
  const schemas = new Map(schemaProperties(tool.inputSchema));
  return Object.entries(input).flatMap(([name, value]) => {
    const { type, enum: choices } = schemas.get(name) ?? {};
    if (Array.isArray(choices) && choices.includes(value)) return [];
    const counts = type === 'integer' || type === 'number';
    if (counts && Number.isInteger(value) && Math.abs(Number(value)) <= LARGEST_COUNT) return [];
    return textsIn(value);
  });
}

/** Names inside a value too: a model may write what it likes there. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'boolean' || value === null || value === undefined) return [];
  if (typeof value !== 'object') return [String(value)];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)]);
}

/** Stems, and runs of letters and digits as they are. */
function wordsOf(text: string): Set<string> {
  const plain = text.normalize('NFKC').toLowerCase();
  return new Set([...analyzeText(plain), ...(plain.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [])]);
}

function isSaid(word: string, known: ReadonlySet<string>, own: string): boolean {
  if (known.has(word) || analyzeText(word).every((term) => known.has(term))) return true;
  // Chinese words are cut differently in other sentences.
  return /^\p{Script=Han}+$/u.test(word) && own.normalize('NFKC').includes(word);
}
