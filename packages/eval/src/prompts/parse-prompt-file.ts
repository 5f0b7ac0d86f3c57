import { FieldkitError, nearestName } from '@fieldkit/core';
import type { PromptUnderTest } from '../targets/prompt-target.ts';

const FRONT_MATTER = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/;
/** `model`, `version` and `variables` are those of a node's prompt, so that such a file can be tried as it is. */
const KEYS = ['temperature', 'maxOutputTokens', 'thinking', 'version', 'model', 'variables'];

/**
 * A prompt file for evaluation: front matter (`temperature`, `maxOutputTokens`, `thinking`), then the text. A line that is only `---` ends
 * the system message and begins the user's. Without it, a text with placeholders is the user's message; one without is the system
 * message, and the question follows alone.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for an unknown key, a value out of range or an empty prompt.
 */
export function parsePromptFile(text: string, where: string): PromptUnderTest {
  const fail = (what: string) => new FieldkitError('INVALID_CONFIG', `${where}: ${what}`);
  const front = FRONT_MATTER.exec(text);
  const fields = new Map<string, string>();
  for (const line of (front?.[1] ?? '').split(/\r?\n/)) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, key = '', value = ''] = /^\s*([A-Za-z]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (!KEYS.includes(key)) {
      const near = nearestName(key, KEYS);
      throw fail(
        `"${key || line.trim()}" is not front matter; ${near === undefined ? `known are ${KEYS.join(', ')}` : `did you mean "${near}"?`}`,
      );
    }
    fields.set(key, value);
  }
  const number = (key: string, fits: (value: number) => boolean, range: string) => {
    if (!fields.has(key)) return {};
    const value = Number(fields.get(key));
    if (fields.get(key) === '' || !fits(value)) throw fail(`${key} must be ${range}`);
    return { [key]: value };
  };
  const thinking = fields.get('thinking');
  if (thinking !== undefined && !/^(true|false)$/.test(thinking)) throw fail('thinking must be true or false');
  const body = text
    .slice(front?.[0].length ?? 0)
    .replaceAll('\r\n', '\n')
    .trim();
  if (body === '') throw fail('the prompt is empty');
  const [first = '', ...rest] = body.split(/^---[ \t]*$/m).map((part) => part.trim());
  const user = rest.join('\n---\n');
  const parts =
    rest.length > 0
      ? { ...(first === '' ? {} : { system: first }), user }
      : /\{\{\s*\w+\s*\}\}/.test(first)
        ? { user: first }
        : { system: first, user: '{{question}}' };
  if (parts.user === '') throw fail('nothing stands after the line ---');
  return {
    name: where.replace(/^.*[/\\]/, '').replace(/\.(md|txt)$/i, ''),
    ...parts,
    ...number('temperature', (value) => value >= 0 && value <= 2, '0 to 2'),
    ...number('maxOutputTokens', (value) => Number.isInteger(value) && value >= 1, 'a whole number from 1'),
    ...(thinking === undefined ? {} : { thinking: thinking === 'true' }),
  };
}

/** The same prompt as a file, for `--out`. */
export function promptFileText({ system, user, temperature, maxOutputTokens, thinking }: PromptUnderTest): string {
  const settings = Object.entries({ temperature, maxOutputTokens, thinking }).filter(
    ([, value]) => value !== undefined,
  );
  const front =
    settings.length === 0 ? '' : `---\n${settings.map(([key, value]) => `${key}: ${value}`).join('\n')}\n---\n`;
  if (system === undefined) return `${front}${user}\n`;
  return user === '{{question}}' && !/\{\{\s*\w+\s*\}\}/.test(system)
    ? `${front}${system}\n`
    : `${front}${system}\n\n---\n\n${user}\n`;
}
