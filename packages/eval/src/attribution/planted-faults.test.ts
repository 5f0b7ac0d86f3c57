import { FieldkitError } from '@fieldkit/core';
import { describe, expect, it } from 'vitest';
import type { Case } from '../data/case.ts';
import { scoreOutcome } from '../evaluate.ts';
import { createFormatScorer } from '../scorers/format-rules.ts';
import { agentScorers } from '../scorers.ts';
import {
  type Behaviour,
  createWorld,
  factsOf,
  miniCase,
  runMini,
  scriptedJudge,
  twoPlaceCase,
  type World,
} from './__fixtures__/mini-pipeline.ts';
import { type Attribution, attribute } from './attribute.ts';
import type { Cause } from './causes.ts';

/** One stage broken on purpose. */
interface Plant {
  readonly item?: (index: number) => Case;
  readonly world?: (world: World, index: number) => void;
  readonly behaviour?: (index: number) => Behaviour;
  readonly judge?: number;
  readonly format?: boolean;
}

const order = (index: number) => ({ name: 'get_order', arguments: { id: `SO-${index}` } });
const withTool = (index: number) => miniCase(index, { tools: [order(index)] });
const document = (world: World, index: number) => {
  const found = world.documents.find(({ uri }) => uri === `knowledge/manual-${index}.txt`);
  if (found === undefined) throw new Error('no such document');
  return found;
};

const PLANTS: Readonly<Partial<Record<Cause, Plant>>> = {
  infrastructure: { behaviour: () => ({ fail: new FieldkitError('MODEL_UNREACHABLE', 'no route') }) },
  'injection-followed': {
    item: (index) => miniCase(index, { forbidden: ['VISIT EVIL.EXAMPLE'] }),
    behaviour: () => ({ text: (text) => `${text} Visit evil.example.` }),
  },
  truncated: { behaviour: () => ({ finish: 'length', text: (text) => text.slice(0, 20) }) },
  'gold-suspect': { item: (index) => miniCase(index, { references: [`${9000 + index} hours`] }) },
  'tool-failure': {
    item: withTool,
    behaviour: (index) => ({
      calls: [{ ...order(index), isError: true }],
      status: 'insufficient',
      text: () => 'That is not known.',
    }),
  },
  'bad-arguments': {
    item: withTool,
    behaviour: (index) => ({ calls: [{ name: 'get_order', arguments: { id: `SO-${index + 1}` } }] }),
  },
  loop: {
    item: withTool,
    behaviour: () => ({ calls: Array.from({ length: 4 }, () => ({ name: 'get_asset', arguments: { id: 'A-1' } })) }),
  },
  'early-stop': { behaviour: () => ({ fail: new FieldkitError('BUDGET_EXCEEDED', 'the bound of steps was reached') }) },
  'wrong-tool': { item: withTool, behaviour: () => ({ calls: [{ name: 'set_ticket', arguments: { text: 'help' } }] }) },
  'missing-tool': { item: withTool },
  'extra-tool': {
    item: withTool,
    behaviour: (index) => ({
      calls: [order(index), { name: 'set_ticket', arguments: {} }],
      text: () => 'A ticket was made.',
    }),
  },
  'content-gap': {
    world: (world, index) => {
      world.documents = world.documents.filter(({ uri }) => uri !== `knowledge/manual-${index}.txt`);
    },
  },
  'parse-loss': {
    world: (world, index) => {
      const found = document(world, index);
      found.text = found.text.replace(/needs new[^,]*,/, '▯▯▯▯');
    },
  },
  'filter-drop': {
    world: (world, index) => {
      document(world, index).groups = ['staff'];
    },
  },
  'chunk-split': {
    world: (world) => {
      world.chunkBorders = 'inside-sentences';
    },
  },
  'retrieval-miss': {
    world: (world) => {
      world.retrieve = 'blind';
    },
  },
  'ranking-miss': {
    // A crowd of documents that repeat the question's words pushes the right passage down.
    world: (world, index) => {
      const { question } = miniCase(index);
      for (let copy = 0; copy < 6; copy += 1)
        world.documents.push({ uri: `knowledge/crowd-${copy}.txt`, text: `${question} many`, groups: [] });
    },
  },
  'context-overflow': {
    world: (world) => {
      world.shown = 0;
    },
  },
  'missed-refusal': {
    item: (index) => miniCase(index, { expect: 'insufficient', gold: [], references: [], kind: 'not-answerable' }),
    behaviour: () => ({ status: 'answered', text: () => 'It needs nothing.' }),
  },
  'over-refusal': { behaviour: () => ({ status: 'insufficient', text: () => 'The documents do not answer this.' }) },
  ungrounded: { behaviour: () => ({ text: (text) => text.replace(/\d{4}/, '7777') }) },
  incomplete: { item: twoPlaceCase, behaviour: () => ({ choose: 'first-only' }) },
  'not-extracted': { behaviour: () => ({ choose: 'other' }) },
  'citation-error': { behaviour: () => ({ citeOther: true }) },
  format: { behaviour: () => ({ text: (text) => `# Answer\n\n${text}` }), format: true },
  language: {
    behaviour: () => ({
      text: (text) =>
        `根据手册的说明，该设备运行满下列小时数之后需要更换润滑剂，或者外壳温度过高时也需要更换：${text.match(/\d{4} hours/)?.[0] ?? ''}。`,
    }),
  },
  'judge-suspect': { judge: 0 },
};

async function attributed(index: number, plant: Plant): Promise<Attribution | undefined> {
  const world = createWorld();
  const item = plant.item?.(index) ?? miniCase(index);
  plant.world?.(world, index);
  const outcome = runMini(world, item, plant.behaviour?.(index));
  const scorers = [
    ...agentScorers,
    scriptedJudge(plant.judge ?? 1),
    ...(plant.format === true ? [createFormatScorer({ markdown: false })] : []),
  ];
  const facts = factsOf(world);
  const documentText = async (id: string) => (await facts.document?.(id))?.text;
  const scores = await scoreOutcome(scorers, item, outcome, { documentText });
  return attribute({ item, outcome, scores }, { facts, judges: ['judge'] });
}

const ITEMS = Array.from({ length: 20 }, (_, index) => index * 3);

describe('faults planted one stage at a time', () => {
  for (const [cause, plant] of Object.entries(PLANTS)) {
    it(`names ${cause} in at least 19 of 20 items`, async () => {
      const named = [];
      for (const index of ITEMS) named.push((await attributed(index, plant))?.cause);
      const wrong = named.filter((found) => found !== cause);
      expect(wrong.length, `named instead: ${JSON.stringify(Object.groupBy(wrong, String))}`).toBeLessThanOrEqual(1);
    });
  }

  it('finds nothing to explain when nothing is broken', async () => {
    for (const index of ITEMS) {
      expect(await attributed(index, {})).toBeUndefined();
      expect(await attributed(index, { item: twoPlaceCase })).toBeUndefined();
      expect(await attributed(index, { item: withTool, behaviour: (at) => ({ calls: [order(at)] }) })).toBeUndefined();
    }
  });
});

it('says which causes the trace could not have shown', async () => {
  const item = miniCase(3);
  const outcome = { ...runMini(createWorld(), item, { choose: 'other' }) };
  const { run: _run, ...traceless } = outcome;
  const scores = await scoreOutcome(agentScorers, item, traceless, {});
  const result = await attribute({ item, outcome: traceless, scores });
  expect(result?.notVisible).toEqual(
    expect.arrayContaining([
      'content-gap',
      'parse-loss',
      'chunk-split',
      'retrieval-miss',
      'ranking-miss',
      'context-overflow',
    ]),
  );
});
