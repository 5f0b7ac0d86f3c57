import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContentPart, createContentFilter } from './content-filter.ts';
import { repairJson } from './repair-json.ts';

function filtered(
  pieces: readonly string[],
  tools: readonly string[] = ['look'],
): { text: string; reasoning: string; calls: string[] } {
  const filter = createContentFilter(tools);
  const parts: ContentPart[] = [...pieces.flatMap((piece) => filter.push(piece)), ...filter.end()];
  const join = (type: 'text' | 'reasoning') => parts.map((part) => (part.type === type ? part.text : '')).join('');
  return {
    text: join('text'),
    reasoning: join('reasoning'),
    calls: parts.flatMap((part) => (part.type === 'call' ? [part.call.arguments] : [])),
  };
}

describe('createContentFilter', () => {
  it('gives the same whatever pieces the text comes in', () => {
    const words = fc.constantFrom(
      'Hello ',
      'a < b ',
      '<think>',
      '</think>',
      '<tool_call>',
      '</tool_call>',
      '{"name":"look","arguments":{"id":1}}',
      '<th',
      'ink>',
      '\n',
      '``',
      '`json\n',
      '问',
    );
    fc.assert(
      fc.property(
        fc.array(words, { maxLength: 8 }),
        fc.array(fc.nat(6), { minLength: 1, maxLength: 5 }),
        (parts, sizes) => {
          const text = parts.join('');
          const pieces: string[] = [];
          for (let at = 0, index = 0; at < text.length; index += 1) {
            const size = (sizes[index % sizes.length] ?? 0) + 1;
            pieces.push(text.slice(at, at + size));
            at += size;
          }
          expect(filtered(pieces)).toEqual(filtered([text]));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('loses nothing of a text without tags', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('<think'));
        expect(filtered([text], []).text).toBe(text);
      }),
    );
  });

  it.each([
    ['in tags', '<tool_call>\n{"name": "look", "arguments": {"id": 1}}\n</tool_call>', ['{"id":1}']],
    ['after thinking', '<think>hm</think>\n{"name":"look","arguments":{"id":1}}', ['{"id":1}']],
    ['unclosed', '<tool_call>{"name":"look","arguments":{"id":1}}', ['{"id":1}']],
    ['as the whole answer', '```json\n{"name":"look","parameters":{"id":1}}\n```', ['{"id":1}']],
    [
      'as a list',
      '[{"name":"look","arguments":{"id":1}},{"name":"look","arguments":"{\\"id\\":2}"}]',
      ['{"id":1}', '{"id":2}'],
    ],
    [
      'as XML',
      '<tool_call><function=look>\n<parameter=id>\n7\n</parameter>\n<parameter=deep>{"a":1}</parameter></function></tool_call>',
      ['{"id":"7","deep":{"a":1}}'],
    ],
  ])('reads a tool call %s', (_, text, calls) => {
    expect(filtered([text])).toMatchObject({ text: '', calls });
  });

  it.each([
    ['of a tool nobody offered', '<tool_call>{"name":"delete","arguments":{}}</tool_call>'],
    ['in JSON that is no call', '{"name":"look"}'],
    ['in a sentence', 'Call {"name":"look","arguments":{}} next.'],
  ])('leaves a call %s as it is', (_, text) => {
    expect(filtered([text])).toEqual({ text, reasoning: '', calls: [] });
  });
});

describe('repairJson', () => {
  it.each([
    ['{"a": 1,}', { a: 1 }],
    ["{'a': 'it\\'s'}", { a: "it's" }],
    ['{a: True, b: None}', { a: true, b: null }],
    ['Here it is: {"a": [1, 2]} as asked.', { a: [1, 2] }],
    ['{"a": "two\nlines"}', { a: 'two\nlines' }],
    ['{"a": {"b": "c"}', { a: { b: 'c' } }],
    ['```json\n[1]\n```', [1]],
  ])('mends %j', (text, value) => {
    expect(repairJson(text)).toEqual({ value, repaired: true });
  });

  it.each(['', 'no', '{"a": "brok', '{"amount": 10', '{"a":', '{"a": 1]'])('does not guess %j', (text) => {
    expect(repairJson(text)).toBeUndefined();
  });

  it('leaves good JSON alone', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(repairJson(JSON.stringify(value))).toEqual({
          value: JSON.parse(JSON.stringify(value)),
          repaired: false,
        });
      }),
    );
  });
});
