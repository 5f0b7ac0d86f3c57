import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { citationMarks, type EvidenceItem, findQuote, formatEvidence, INSUFFICIENT_MARK } from '@fieldkit/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandin, type RunningStandin, standinEntry } from './index.ts';

let standin: RunningStandin;
beforeAll(async () => {
  standin = await createStandin().listen();
});
afterAll(() => standin.close());

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the wire as it is
  readonly body: any;
}

async function post(path: string, body: unknown, key = 'test'): Promise<Reply> {
  const response = await fetch(`${standin.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const ask = (messages: unknown[], more: Record<string, unknown> = {}) =>
  post('/chat/completions', { model: 'standin-extractive', messages, ...more });
const user = (content: string) => ({ role: 'user', content });
const passage = (number: number, text: string, more: Partial<EvidenceItem> = {}): EvidenceItem => ({
  number,
  kind: 'passage',
  title: 'Notes',
  place: '',
  headings: [],
  context: '',
  text,
  ...more,
});
const textOf = ({ body }: Reply): string => body.choices[0].message.content;
const callsOf = ({ body }: Reply): { name: string; arguments: unknown }[] =>
  (body.choices[0].message.tool_calls ?? []).map((call: { function: { name: string; arguments: string } }) => ({
    name: call.function.name,
    arguments: JSON.parse(call.function.arguments),
  }));

describe('answers', () => {
  const items = [
    passage(1, 'The kiln is fired twice a week. Glaze is mixed on Mondays.'),
    passage(2, 'clay | shrinkage | firing\nstoneware | 12 % | 1240 °C\nporcelain | 15 % | 1280 °C', {
      context: 'clay | shrinkage | firing',
    }),
  ];

  it('says the sentence that answers and quotes its paragraph, word for word and with its number', async () => {
    const reply = await ask([user(`${formatEvidence(items, 'm1')}\n\nHow often is the kiln fired?`)]);
    const [mark] = citationMarks(textOf(reply));
    expect(textOf(reply)).toMatch(/^The documents say: The kiln is fired twice a week \[1: /);
    expect(mark).toMatchObject({ number: 1, quote: 'The kiln is fired twice a week. Glaze is mixed on Mondays' });
    expect(reply.body.model).toBe('standin-extractive');
    expect(reply.headers.get('x-fieldkit-standin')).toBe('1');
  });

  it('quotes a whole row of a table', async () => {
    const reply = await ask([user(`${formatEvidence(items, 'm1')}\n\nAt what temperature is porcelain fired?`)]);
    expect(citationMarks(textOf(reply))[0]).toMatchObject({ number: 2, quote: 'porcelain | 15 % | 1280 °C' });
  });

  it('takes evidence for both parts of a question from different passages', async () => {
    const question = 'When is glaze mixed, and what is the shrinkage of stoneware?';
    const reply = await ask([user(`${formatEvidence(items, 'm1')}\n\n${question}`)]);
    expect(textOf(reply)).toContain('Glaze is mixed on Mondays [1: ');
    expect(textOf(reply)).toContain('stoneware | 12 % | 1240 °C [2: ');
  });

  it('quotes no more of a long paragraph than fits, and nothing that would break the mark', async () => {
    const around = Array.from(
      { length: 12 },
      (_, index) => `Shelf ${index} of the store holds bags of sand and chalk.`,
    );
    around.splice(6, 0, 'The kiln is fired twice a week.');
    const asked = async (text: string) => {
      const reply = await ask([user(`${formatEvidence([passage(1, text)], 'm1')}\n\nHow often is the kiln fired?`)]);
      return citationMarks(textOf(reply))[0]?.quote ?? '';
    };
    const quote = await asked(around.join(' '));
    expect(around.join(' ')).toContain(quote);
    expect(quote).toContain('chalk. The kiln is fired twice a week. Shelf');
    expect(quote.length).toBeLessThanOrEqual(400);
    expect(await asked('[3] The kiln is fired twice a week. See [4] for the glaze.')).toBe(
      'The kiln is fired twice a week',
    );
  });

  it('takes the row in whose range the number lies, also when a follow-up names another number', async () => {
    const rows = passage(
      1,
      'size of the group | guide\n1 to 10 people | none\n11 to 20 people | one\n21 or more people | two',
      {
        context: 'size of the group | guide',
      },
    );
    const evidence = formatEvidence([rows], 'm1');
    const first = user('Which guide does a group of 12 people get?');
    const reply = await ask([user(`${evidence}\n\n${first.content}`)]);
    expect(citationMarks(textOf(reply))[0]?.quote).toBe('11 to 20 people | one');
    const next = await ask([first, { role: 'assistant', content: 'One.' }, user(`${evidence}\n\nAnd 25 people?`)]);
    expect(citationMarks(textOf(next))[0]?.quote).toBe('21 or more people | two');
  });

  it('looks for a part of a question in the document that it names', async () => {
    const named = [
      passage(1, 'Firing a vase takes 9 hours, paid at the bonus rate.', { title: 'Workshop notice WN-4' }),
      passage(2, 'Trained potters get 31 euros for each hour.', { title: 'Bonus Policy BP-2' }),
    ];
    const question = 'How many hours does firing a vase take, and at which hourly rate does the bonus policy pay?';
    const text = textOf(await ask([user(`${formatEvidence(named, 'm1')}\n\n${question}`)]));
    expect(citationMarks(text).map(({ number }) => number)).toEqual([1, 2]);
  });

  it('answers a Chinese question in a Chinese frame', async () => {
    const reply = await ask([
      user(`${formatEvidence([passage(1, '窑炉每周烧制两次。釉料周一调配。')], 'm1')}\n\n窑炉多久烧制一次？`),
    ]);
    expect(textOf(reply)).toBe('资料中写道：窑炉每周烧制两次 [1: "窑炉每周烧制两次。釉料周一调配"]。');
  });

  it('says that the evidence is not enough when a part number occurs nowhere', async () => {
    const known = passage(1, 'The kiln KF-300 needs a 16 A fuse.');
    const reply = await ask([user(`${formatEvidence([known], 'm1')}\n\nWhich fuse does the kiln KF-900 need?`)]);
    expect(textOf(reply)).toBe(INSUFFICIENT_MARK);
  });

  it('says so without any evidence, and that it is no language model', async () => {
    const text = textOf(await ask([user('What is the capital of France?')]));
    expect(text).toMatch(/^INSUFFICIENT_EVIDENCE\n.*not a language model/s);
  });

  it('gives the same answer to the same request, whole and streamed', async () => {
    const messages = [user(`${formatEvidence(items, 'm1')}\n\nHow often is the kiln fired?`)];
    const first = await ask(messages);
    expect((await ask(messages)).body.choices).toEqual(first.body.choices);
    const response = await fetch(`${standin.url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer test', 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'standin-extractive',
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }),
    });
    const events = (await response.text()).split('\n\n').filter((event) => event !== '');
    expect(events.at(-1)).toBe('data: [DONE]');
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice('data: '.length)));
    expect(chunks[0].choices[0].delta.role).toBe('assistant');
    expect(
      chunks
        .flatMap(({ choices }) => choices.map((choice: { delta: { content?: string } }) => choice.delta.content ?? ''))
        .join(''),
    ).toBe(textOf(first));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: first.body.usage });
  });
});

describe('tools and schemas', () => {
  const search = {
    type: 'function',
    function: {
      name: 'find_text',
      description: 'Searches the documents',
      parameters: {
        type: 'object',
        properties: { query: { type: 'string' }, limit: { type: 'integer' } },
        required: ['query'],
      },
    },
  };
  const lookup = {
    type: 'function',
    function: {
      name: 'get_booking',
      description: 'One booking',
      parameters: { type: 'object', properties: { id: { type: 'string', pattern: '^BK-\\d{4}$' } }, required: ['id'] },
    },
  };

  it('asks a lookup tool and the search tool in one turn when both fit', async () => {
    const reply = await ask([user('Has booking bk-2210 been paid?')], { tools: [search, lookup] });
    expect(callsOf(reply)).toEqual([
      { name: 'get_booking', arguments: { id: 'BK-2210' } },
      {
        name: 'find_text',
        arguments: { query: expect.stringMatching(/^Has booking bk-2210 been paid\? /) },
      },
    ]);
    expect(reply.body.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: '' } });
  });

  it('never invents an identifier', async () => {
    expect(callsOf(await ask([user('Has my booking been paid?')], { tools: [lookup] }))).toEqual([]);
  });

  it('answers from the results without calling again', async () => {
    const reply = await ask(
      [
        user('Has booking BK-2210 been paid?'),
        {
          role: 'assistant',
          content: '',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'get_booking', arguments: '{"id":"BK-2210"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: '{"id":"BK-2210","paid":"booking paid on 3 May"}' },
      ],
      { tools: [search, lookup] },
    );
    expect(callsOf(reply)).toEqual([]);
    expect(textOf(reply)).toContain('booking paid on 3 May');
  });

  it('tries one other form of a search that found nothing, and no third', async () => {
    const call = (id: string, query: string) => ({
      role: 'assistant',
      content: '',
      tool_calls: [{ id, type: 'function', function: { name: 'find_text', arguments: JSON.stringify({ query }) } }],
    });
    const none = (id: string, content: string) => ({ role: 'tool', tool_call_id: id, content });
    for (const said of ['[]', 'Nothing was found.', '没有找到结果']) {
      const messages = [user('Could you tell me the price of blue clay?'), call('c1', 'x'), none('c1', said)];
      const second = callsOf(await ask(messages, { tools: [search] }));
      const query = JSON.parse(JSON.stringify(second))[0]?.arguments.query;
      expect(second).toEqual([{ name: 'find_text', arguments: { query } }]);
      // in words of both languages
      expect(query).toMatch(/^price blue clay .*cost.*价格/);
      const third = await ask([...messages, call('c2', query), none('c2', said)], { tools: [search] });
      expect(callsOf(third)).toEqual([]);
    }
  });

  it('makes a follow-up stand alone and fills a schema by types', async () => {
    const schema = {
      type: 'object',
      properties: {
        question: { type: 'string' },
        language: { type: 'string' },
        mood: { enum: ['calm', 'angry'] },
        inScope: { type: 'boolean', default: true },
        parts: { type: 'array', items: { type: 'string' } },
        score_unused: { type: 'integer', minimum: 3 },
      },
      required: ['question', 'language', 'mood', 'inScope', 'parts', 'score_unused'],
    };
    const reply = await ask(
      [
        user('What does the blue clay cost?'),
        { role: 'assistant', content: 'Nine euros.' },
        user('And how long does it keep?'),
      ],
      { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
    );
    expect(JSON.parse(textOf(reply))).toEqual({
      question: 'And how long does it keep? (blue clay cost)',
      language: 'en',
      mood: 'calm',
      inScope: true,
      parts: [],
      score_unused: 3,
    });
  });

  it('refuses to judge', async () => {
    const schema = { type: 'object', properties: { verdict: { type: 'string' } }, required: ['verdict'] };
    const format = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } };
    const { status, body } = await ask([user('Is this answer right?')], format);
    expect([status, body.error.code]).toEqual([400, 'standin_cannot_judge']);
  });
});

describe('an unseen project', () => {
  /** A made-up word of a given length from a seed: no vocabulary that any rule could know. */
  function wordMaker(seed: number): () => string {
    let state = seed;
    const next = (limit: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * limit);
    };
    return () => Array.from({ length: 4 }, () => `${'bdfgklmnprstvz'[next(14)]}${'aiou'[next(4)]}`).join('');
  }

  it('is answered like any other, whatever its words', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const word = wordMaker(seed * 7919);
      const things = Array.from({ length: 6 }, () => ({ name: word(), trait: word(), place: word() }));
      const items = things.map(({ name, trait, place }, index) =>
        passage(index + 1, `The ${name} has the ${trait} of ${index + 11}. It stands in ${place}.`, { title: word() }),
      );
      const wanted = things[seed % 6];
      const reply = await ask([
        { role: 'system', content: `${word()} ${word()} ${word()}` },
        user(`${formatEvidence(items, word())}\n\nWhich ${wanted?.trait} does the ${wanted?.name} have?`),
      ]);
      const [mark] = citationMarks(textOf(reply));
      expect(mark?.number).toBe((seed % 6) + 1);
      expect(findQuote(items[seed % 6]?.text ?? '', mark?.quote ?? '')).toBeDefined();
      const unknown = await ask([user(`${formatEvidence(items, word())}\n\nWhich ${word()} does the ${word()} have?`)]);
      expect(textOf(unknown)).toBe(INSUFFICIENT_MARK);
    }
  });
});

describe('the wire', () => {
  it.each([
    ['no key', '/chat/completions', {}, '', 401, 'invalid_api_key'],
    ['no JSON', '/chat/completions', '{', 'k', 400, 'invalid_parameter_error'],
    ['no messages', '/chat/completions', { model: 'standin-extractive' }, 'k', 400, 'invalid_parameter_error'],
    ['unknown model', '/chat/completions', { model: 'x', messages: [user('a')] }, 'k', 404, 'model_not_found'],
    ['unknown path', '/nothing', {}, 'k', 404, 'not_found'],
    [
      'too many texts',
      '/embeddings',
      { model: 'standin-embedding', input: Array(11).fill('a') },
      'k',
      400,
      'invalid_parameter_error',
    ],
  ])('refuses %s as the real endpoint does', async (_, path, body, key, status, code) => {
    const reply = await post(path, body, key);
    expect([reply.status, reply.body.error.code]).toEqual([status, code]);
  });

  it('demands the word JSON in plain JSON mode', async () => {
    const format = { response_format: { type: 'json_object' } };
    expect((await ask([user('hello')], format)).status).toBe(400);
    expect((await ask([user('hello, in JSON')], format)).status).toBe(200);
  });

  it('embeds the same text to the same vector of length 1', async () => {
    const { body } = await post('/embeddings', {
      model: 'standin-embedding',
      input: ['blue clay', 'blue clay', 'x'],
      dimensions: 64,
    });
    const [a, b, c] = body.data.map(({ embedding }: { embedding: number[] }) => embedding);
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    expect(Math.hypot(...a)).toBeCloseTo(1);
  });

  it('ranks documents by shared words and by words alike', async () => {
    const { body } = await post('/reranks', {
      model: 'standin-rerank',
      query: 'blue clay',
      documents: ['the price of bread', 'blue clay', 'blue', 'azure soil'],
    });
    expect(body.results.map(({ index }: { index: number }) => index)).toEqual([1, 2, 3, 0]);
  });
});

describe('the process', () => {
  const start = () =>
    spawn(process.execPath, ['--conditions=@fieldkit/source', fileURLToPath(standinEntry)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  const ready = async (child: ChildProcess): Promise<{ ready: boolean; url: string }> => {
    if (child.stdout === null) throw new Error('no output');
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return JSON.parse(line);
  };

  it('says when it is ready, answers, and ends when its input ends', async () => {
    const child = start();
    const { url, ...rest } = await ready(child);
    expect(rest).toEqual({ ready: true });
    const response = await fetch(`${url}/models`, { headers: { authorization: 'Bearer x' } });
    expect(((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toContain(
      'standin-extractive',
    );
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
