import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitSentences, withoutMarks } from './split-sentences.ts';

const texts = (buffer: string, ended = true) => splitSentences(buffer, ended).sentences.map(({ text }) => text);

describe('splitSentences', () => {
  it('keeps a mark with its sentence, before or behind the full stop', () => {
    expect(texts('One is 1 [1: "a. B"]. Two is 2. [2: "c"] Three.')).toEqual([
      'One is 1 [1: "a. B"].',
      'Two is 2. [2: "c"]',
      'Three.',
    ]);
    expect(texts('保修期为24个月。[1: "24个月。"]另见附件[2]。')).toEqual([
      '保修期为24个月。[1: "24个月。"]',
      '另见附件[2]。',
    ]);
  });

  it('holds a sentence back until the next has begun, because a mark may follow', () => {
    expect(texts('One is 1.', false)).toEqual([]);
    expect(texts('One is 1. [1: "a', false)).toEqual([]);
    expect(texts('One is 1. [1: "a. b. c', false)).toEqual([]);
    expect(texts('One is 1. [1: "a"] T', false)).toEqual(['One is 1. [1: "a"]']);
  });

  it('keeps lists apart', () => {
    const { sentences } = splitSentences('Steps:\n- Drain it [1]\n- Refill it [1]', true);
    expect(sentences.map(({ text, gap }) => [gap, text])).toEqual([
      ['', 'Steps:'],
      ['\n', '- Drain it [1]'],
      ['\n', '- Refill it [1]'],
    ]);
  });

  it('finds the same sentences however the text is cut into deltas', () => {
    const whole =
      'A pump runs at 3.5 bar [1: "3.5 bar. Max"]. See no. 4. [2: "x, y"]\n- 第一项为5毫米。[3: "5毫米"]\n\nThe end [1]! Really?';
    const all = texts(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 120 }), (sizes) => {
        const found: string[] = [];
        let buffer = '';
        let at = 0;
        for (const size of sizes) {
          buffer += whole.slice(at, at + size);
          at += size;
          const { sentences, rest } = splitSentences(buffer, false);
          found.push(...sentences.map(({ text }) => text));
          buffer = rest;
        }
        found.push(...texts(buffer + whole.slice(at)));
        expect(found).toEqual(all);
      }),
      { numRuns: 60 },
    );
  });

  it('takes the marks out of the prose', () => {
    const [sentence] = splitSentences('It is 20 Nm [1: "20 Nm"] [2] .', true).sentences;
    expect(sentence && withoutMarks(sentence)).toBe('It is 20 Nm.');
  });
});

it('keeps a Chinese sentence with semicolons whole, so that its one mark proves all of it', () => {
  const { sentences } = splitSentences(
    '甲 | 450 | 单间；两人同行的鼓励合住 [1: "单间；两人同行的鼓励合住"]。第二句 [2]。',
    true,
  );
  expect(sentences.map(({ text }) => text)).toEqual([
    '甲 | 450 | 单间；两人同行的鼓励合住 [1: "单间；两人同行的鼓励合住"]。',
    '第二句 [2]。',
  ]);
});
