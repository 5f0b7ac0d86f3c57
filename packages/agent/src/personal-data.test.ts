import { createScriptedModel } from '@fieldkit/core/testing';
import { expect, it } from 'vitest';
import { answer, gather, understand } from './plan.ts';
import { caller, listen, passageOf, searchTool, testAgent } from './testing/fixtures.ts';

const PHONE = '13800138000';
const KEY = 'sk-abcdefghijklmnopqrstuvwx0123';
const nodes = [understand(), gather({ mode: 'retrieve' }), answer()];
const tools = [searchTool([passageOf('a', `Call the hotline under ${PHONE}, never write ${KEY} down.`)])];
const ask = { question: 'What number has the hotline?', caller };

it('gives the model placeholders and the reader the data', async () => {
  const model = createScriptedModel(['The hotline is [CN-MOBILE-1] [1: "under [CN-MOBILE-1]"].']);
  const agent = testAgent({ model, tools, plan: { nodes, guards: { personalData: { model: true } } } });
  const { answer: end } = await listen(agent.ask(ask));
  expect(JSON.stringify(model.requests)).not.toContain(PHONE);
  expect(end.text).toBe(`The hotline is ${PHONE} [1].`);
  expect(end.citations[0]?.quote).toBe(`under ${PHONE}`);
});

it('keeps secrets out of the record by default, and all personal data when told so', async () => {
  for (const logs of ['secrets', 'all', 'off'] as const) {
    const model = createScriptedModel([`The hotline is ${PHONE} [1: "${PHONE}"].`]);
    const agent = testAgent({ model, tools, plan: { nodes, guards: { personalData: { logs } } } });
    const { run, answer: end } = await listen(agent.ask(ask));
    const record = JSON.stringify(run);
    expect(end.text).toContain(PHONE);
    expect(record.includes(KEY)).toBe(logs === 'off');
    expect(record.includes(PHONE)).toBe(logs !== 'all');
  }
});
