/**
 * How the stand-in picks evidence on everyday documents: `node --conditions=@fieldkit/source bench/models/standin-answers.ts [--all]`.
 * Sections of all subjects are ranked by shared words, the best eight are given to the stand-in as they would be by a retriever.
 */
import { citationMarks, type EvidenceItem, formatEvidence, INSUFFICIENT_MARK } from '@fieldkit/core';
import { createStandin } from '@fieldkit/standin';
import { type Subject, subjects } from './standin-corpus.ts';

interface Section {
  readonly subject: Subject;
  readonly heading: string;
  readonly context: string;
  readonly text: string;
}

const sections: Section[] = subjects.flatMap((subject) =>
  subject.document.split('\n\n').map((section) => {
    const [heading = '', ...lines] = section.split('\n');
    const header = lines[0]?.includes(' | ') === true ? lines[0] : '';
    return { subject, heading, context: header, text: lines.join('\n') };
  }),
);

const running = await createStandin().listen();

async function post(path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${running.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer bench', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
}

async function retrieve(question: string): Promise<EvidenceItem[]> {
  const documents = sections.map(({ subject, heading, text }) => `${subject.name} ${heading} ${text}`);
  const body = (await post('/rerank', { model: 'standin-rerank', query: question, documents, top_n: 8 })) as {
    results: { index: number }[];
  };
  return body.results.map(({ index }, place) => {
    const section = sections[index];
    return {
      number: place + 1,
      kind: 'passage',
      title: section?.subject.name ?? '',
      place: '',
      headings: [section?.heading ?? ''],
      context: section?.context ?? '',
      text: section?.text ?? '',
    };
  });
}

for (const use of ['fit', 'held'] as const) {
  const counts = { answerable: 0, first: 0, any: 0, refused: 0, unanswerable: 0, refusedRightly: 0, missed: 0 };
  for (const subject of subjects.filter((one) => one.use === use)) {
    for (const { ask, gold } of subject.questions) {
      const items = await retrieve(ask);
      const body = (await post('/chat/completions', {
        model: 'standin-extractive',
        messages: [
          { role: 'system', content: 'Answer from the evidence.' },
          { role: 'user', content: `${formatEvidence(items, 'bench')}\n\n${ask}` },
        ],
      })) as { choices: { message: { content: string } }[] };
      const text = body.choices[0]?.message.content ?? '';
      const quotes = citationMarks(text).map(({ quote = '' }) => quote);
      const refused = text.startsWith(INSUFFICIENT_MARK);
      let verdict = '';
      if (gold === undefined) {
        counts.unanswerable += 1;
        if (refused) counts.refusedRightly += 1;
        else verdict = 'ANSWERED';
      } else {
        counts.answerable += 1;
        const cited = gold.every((piece) => quotes.slice(0, 3).some((quote) => quote.includes(piece)));
        if (gold.some((piece) => quotes[0]?.includes(piece))) counts.first += 1;
        if (cited) counts.any += 1;
        else verdict = refused ? 'REFUSED' : 'MISSED';
        if (refused) counts.refused += 1;
        if (!gold.every((piece) => items.some((item) => item.text.includes(piece)))) {
          counts.missed += 1;
          verdict += ' (not retrieved)';
        }
      }
      if (verdict !== '' || process.argv.includes('--all')) {
        console.log(`${verdict || 'ok'} | ${ask}\n      ${quotes.map((quote) => quote.slice(0, 90)).join('\n      ')}`);
      }
    }
  }
  console.log(`${use}: ${JSON.stringify(counts)}`);
}
await running.close();
