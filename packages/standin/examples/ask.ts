// Starts the stand-in, asks it about two passages, and asks something that they do not answer.
import { strict as assert } from 'node:assert';
import { citationMarks, formatEvidence, INSUFFICIENT_MARK } from '@fieldkit/core';
import { createStandin } from '@fieldkit/standin';

const standin = await createStandin({ latency: { firstToken: { kind: 'uniform', min: 5, max: 10 } } }).listen();

const item = (number: number, title: string, text: string) =>
  ({ number, kind: 'passage', title, place: '', headings: [], context: '', text }) as const;
const evidence = formatEvidence(
  [
    item(1, 'House rules', 'Quiet hours are from 22:00 to 7:00. Bicycles stand in the yard.'),
    item(2, 'Laundry', 'The washing machines run until 21:00. A token costs two euros.'),
  ],
  'example',
);

async function ask(question: string): Promise<string> {
  const response = await fetch(`${standin.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'standin-extractive',
      messages: [{ role: 'user', content: `${evidence}\n\n${question}` }],
    }),
  });
  assert.equal(response.headers.get('x-fieldkit-standin'), '1');
  const body = (await response.json()) as { choices: { message: { content: string } }[] }; // the protocol's shape
  return body.choices[0]?.message.content ?? '';
}

const answer = await ask('What does a token cost?');
const unknown = await ask('Who repairs the elevator XR-12?');
console.log(`${answer}\n${unknown}`);
assert.equal(citationMarks(answer)[0]?.quote, 'The washing machines run until 21:00. A token costs two euros'); // the paragraph of the sentence
assert.ok(unknown.startsWith(INSUFFICIENT_MARK));
await standin.close();
