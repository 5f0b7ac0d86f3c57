import { type Citation, findQuote } from '@fieldkit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardsSchema } from './guards.ts';
import { createAnswerRelease } from './release-answer.ts';
import type { Evidence } from './state.ts';

const TEXTS = [
  'Tighten the seal bolts to 20 Nm. Check the bolts again after 50 hours of operation.',
  'The warranty of the XP-200 lasts 24 months from delivery. Wear parts are excluded.',
];

const evidence: Evidence[] = TEXTS.map((text, index) => ({
  item: { number: index + 1, kind: 'passage', title: `Doc ${index + 1}`, place: '', headings: [], context: '', text },
  origin: { kind: 'passage', chunkId: `c${index}`, documentId: `d${index}`, uri: 'x.pdf', start: 10, metadata: {} },
}));

async function released(answer: string, { question = '', repairs = [] as string[], guards = {} } = {}) {
  const counts: Record<string, number> = {};
  const citations: Citation[] = [];
  const findings: string[] = [];
  let text = '';
  const release = createAnswerRelease({
    evidence,
    question,
    locate: () => undefined,
    guards: guardsSchema.parse(guards),
    marker: 'm4rk',
    prompt: 'You answer a question from the evidence given, and from nothing else.',
    onFinding: ({ code }) => findings.push(code),
    insufficient: 'Not enough.',
    onText: (piece) => {
      text += piece;
    },
    onCitation: (citation) => citations.push(citation),
    count: (name) => {
      counts[name] = (counts[name] ?? 0) + 1;
    },
    repair: async () => repairs.shift(),
  });
  for (let at = 0; at < answer.length; at += 7) await release.push(answer.slice(at, at + 7));
  await release.end();
  expect(release.result()).toMatchObject({ text, citations });
  return { text, citations, counts, findings, insufficient: release.result().insufficient };
}

describe('createAnswerRelease', () => {
  it('numbers citations by first use of source and wording', async () => {
    const { text, citations } = await released(
      'The warranty is 24 months [2: "24 months"]. Bolts need 20 Nm [1: "20 Nm"] for the 24 months [2: "24 months"].',
    );
    expect(text).toBe('The warranty is 24 months [1]. Bolts need 20 Nm [2] for the 24 months [1].');
    expect(citations.map(({ marker, quote }) => [marker, quote])).toEqual([
      [1, '24 months'],
      [2, '20 Nm'],
    ]);
  });

  it('chooses the quote when the mark has none, and counts it', async () => {
    const { citations, counts } = await released('The seal bolts are checked after 50 hours [1].');
    expect(citations[0]?.quote).toBe('Check the bolts again after 50 hours of operation.');
    expect(counts).toMatchObject({ quotesChosenByCode: 1 });
  });

  it('replaces a quote that is not in the source, and drops what nothing supports', async () => {
    const close = await released('Seal bolts: 20 Nm [1: "Tighten seal bolts at 20Nm"].');
    expect(close.citations[0]?.quote).toBe('Tighten the seal bolts to 20 Nm.');
    expect(close.counts).toMatchObject({ quotesFailed: 1, quotesChosenByCode: 1 });
    const far = await released('Paris lies on a river [1: "Paris lies on the Seine"].');
    expect(far.text).toBe('');
    expect(far.counts).toMatchObject({ quotesFailed: 1, sentencesDropped: 1, 'dropped-quote': 1 });
  });

  it('drops a sentence with a number that its evidence does not have', async () => {
    const { text, counts } = await released(
      'Bolts need 25 Nm [1: "Tighten the seal bolts"]. Check after 50 hours [1: "50 hours"].',
    );
    expect(text).toBe('Check after 50 hours [1].');
    expect(counts).toMatchObject({ 'dropped-numbers': 1 });
  });

  it('lets a number of the question be said back', async () => {
    const { text } = await released('No, 25 Nm is wrong: tighten them to 20 Nm [1: "20 Nm"].', {
      question: 'Is 25 Nm right?',
    });
    expect(text).toBe('No, 25 Nm is wrong: tighten them to 20 Nm [1].');
  });

  it('releases a repaired sentence once', async () => {
    const { text, counts } = await released('Bolts need 25 Nm [1: "20 Nm"].', {
      repairs: ['Bolts need 20 Nm [1: "20 Nm"].'],
    });
    expect(text).toBe('Bolts need 20 Nm [1].');
    expect(counts).toMatchObject({ sentencesRepaired: 1 });
    const failed = await released('Bolts need 25 Nm [1: "20 Nm"].', {
      repairs: ['Bolts need 26 Nm [1: "20 Nm"].', 'x'],
    });
    expect(failed.text).toBe('');
  });

  it('drops a mark of evidence that does not exist and keeps the one that holds', async () => {
    const { text, citations } = await released('Bolts need 20 Nm [9: "20 Nm"] [1: "20 Nm"].');
    expect(text).toBe('Bolts need 20 Nm [1].');
    expect(citations).toHaveLength(1);
  });

  it('cites an unmarked sentence only when one line says it', async () => {
    expect((await released('Check the bolts again after 50 hours of operation.')).text).toBe(
      'Check the bolts again after 50 hours of operation. [1]',
    );
    expect((await released('You should call a technician for help.')).text).toBe('');
  });

  it('holds a lead-in until something follows it', async () => {
    expect((await released('Do this:\n- Tighten the bolts to 20 Nm [1: "20 Nm"]')).text).toBe(
      'Do this:\n- Tighten the bolts to 20 Nm [1]',
    );
    expect((await released('Do this:\n- Call Bob [1: "Bob"]')).text).toBe('');
  });

  it('says that the evidence is not enough, with what was found', async () => {
    const { text, insufficient, citations } = await released(
      'INSUFFICIENT_EVIDENCE\nOnly the 24 months are named [2: "24 months"]. Sorry about that.',
    );
    expect(text).toBe('Not enough.\nOnly the 24 months are named [1].');
    expect(insufficient).toBe(true);
    expect(citations).toHaveLength(1);
  });

  it('never releases a quote that is not in its source, whatever the model writes', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '[1: "20 Nm"]',
        '[2]',
        '[3: "x"]',
        '[1: "',
        '"]',
        '[',
        '【2：“24 months”】',
        'INSUFFICIENT_EVIDENCE',
        '. ',
        '\n',
        '24 months ',
      ),
      fc.string({ maxLength: 12 }),
      fc.constantFrom('Tighten the seal bolts', 'the warranty lasts', '保修期', '20', '99'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 14 }), async (pieces) => {
        const { citations, text } = await released(pieces.join(''));
        for (const { quote, source } of citations) {
          const cited = TEXTS[source.kind === 'passage' && source.documentId === 'd0' ? 0 : 1] ?? '';
          expect(findQuote(cited, quote)).toBeDefined();
          if (source.kind === 'passage') expect(cited.slice(source.start - 10, source.end - 10)).toBe(quote);
        }
        for (const { marker } of citations) expect(text).toContain(`[${marker}]`);
      }),
      { numRuns: 150 },
    );
  });
});
