import { createFakeClock, createScriptedModel } from '@fieldkit/core/testing';
import { describe, expect, it } from 'vitest';
import { createSessionMemory } from './memory.ts';
import { answer, gather, memorySchema, understand } from './plan.ts';
import { openStore } from './store.ts';
import { caller, listen, passageOf, searchTool, testAgent } from './testing/fixtures.ts';

/** Each word of the answer is about one token. */
const turn = (n: number, words = 3) => ({ question: `q${n}`, answer: 'word '.repeat(words) });

describe('createSessionMemory', () => {
  it('recalls the last turns within the bounds of turns and tokens, oldest first', async () => {
    const memory = createSessionMemory(
      openStore(':memory:'),
      memorySchema.parse({ turns: 3, tokens: 1000 }),
      createFakeClock(),
    );
    for (const n of [1, 2, 3, 4]) memory.remember(caller, 's', turn(n));
    expect((await memory.recall(caller, 's')).map(({ question }) => question)).toEqual(['q2', 'q3', 'q4']);
    memory.remember(caller, 's', turn(5, 1_058)); // about 1,000 tokens
    expect((await memory.recall(caller, 's')).map(({ question }) => question)).toEqual(['q5']);
  });

  it('keeps sessions and callers apart, and forgets', async () => {
    const clock = createFakeClock();
    const memory = createSessionMemory(openStore(':memory:'), memorySchema.parse({ expirySeconds: 60 }), clock);
    memory.remember(caller, 's', turn(1));
    for (const other of [
      { ...caller, subject: 'x' },
      { ...caller, tenant: 'x' },
      { ...caller, groups: ['g'] },
    ]) {
      expect(await memory.recall(other, 's')).toEqual([]);
    }
    expect(await memory.recall(caller, 't')).toEqual([]);
    await clock.advance(61_000);
    expect(await memory.recall(caller, 's')).toEqual([]);
    memory.remember(caller, 's', turn(2));
    memory.forget(caller, 's');
    expect(await memory.recall(caller, 's')).toEqual([]);
  });
});

describe('summarised memory', () => {
  it('keeps what leaves the window as a summary', async () => {
    const said = 'It is 20 Nm [1: "20 Nm"].';
    const understood = JSON.stringify({ question: 'torque?', language: 'en', inScope: true, subQuestions: [] });
    const chat = createScriptedModel([said, understood, said, understood, said]);
    const short = createScriptedModel(['The user asked for the torque: 20 Nm.', new Error('down')], 'short');
    const agent = testAgent({
      model: { chat, short },
      tools: [searchTool([passageOf('a', 'The torque is 20 Nm.')])],
      plan: {
        nodes: [understand(), gather({ mode: 'retrieve' }), answer()],
        memory: { turns: 1, summary: true, summaryModel: 'short' },
      },
    });
    const ask = () => listen(agent.ask({ question: 'What torque?', caller, sessionId: 's' }));
    await ask();
    await ask(); // the first turn leaves the window
    const third = await ask(); // the summary fails: said, and the run is none the worse
    const history = chat.requests[3]?.messages.map(({ content }) => content) ?? [];
    expect(history).toContain('The user asked for the torque: 20 Nm.');
    expect(third.answer.status).toBe('answered');
    expect(third.findings).toContain('summary-failed');
  });
});
