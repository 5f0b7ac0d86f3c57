import { sentenceSpans } from '@fieldkit/core';
import type { Scorer } from '../scorer.ts';
import { proseOf } from './answer-text.ts';

export interface FormatRules {
  /** Of the prose without citation marks, in characters (code points). */
  readonly minCharacters?: number;
  readonly maxCharacters?: number;
  readonly maxSentences?: number;
  /** Strings that must stand in the answer, such as a disclaimer. */
  readonly mustContain?: readonly string[];
  /** Whether Markdown headings, tables, bold and lists may be used. Default: not checked. */
  readonly markdown?: boolean;
  readonly name?: string;
}

const MARKDOWN = /^#{1,6}\s|^\s*[-*+]\s|^\s*\|.*\|\s*$|\*\*[^*]+\*\*|```/m;

/** The answer keeps every rule of form. */
export function createFormatScorer(rules: FormatRules): Scorer {
  const {
    minCharacters = 0,
    maxCharacters = Infinity,
    maxSentences = Infinity,
    mustContain = [],
    markdown,
    name = 'format',
  } = rules;
  return {
    name,
    kind: 'rule',
    description: 'the answer keeps the rules of length and form',
    score(item, { answer }) {
      if (item.expect !== 'answered') return undefined;
      const prose = proseOf(answer.text);
      const characters = [...prose].length;
      const sentences = sentenceSpans(prose).length;
      const problems: string[] = [];
      if (characters < minCharacters) problems.push(`${characters} characters, at least ${minCharacters}`);
      if (characters > maxCharacters) problems.push(`${characters} characters, at most ${maxCharacters}`);
      if (sentences > maxSentences) problems.push(`${sentences} sentences, at most ${maxSentences}`);
      for (const wanted of mustContain)
        if (!answer.text.includes(wanted)) problems.push(`${JSON.stringify(wanted)} is missing`);
      if (markdown === false && MARKDOWN.test(answer.text)) problems.push('has Markdown');
      return {
        value: problems.length === 0 ? 1 : 0,
        reason: problems.length === 0 ? 'keeps the rules' : problems.join('; '),
      };
    },
  };
}
