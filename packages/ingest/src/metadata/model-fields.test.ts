import type { Block } from '@fieldkit/core';
import { createScriptedModel } from '@fieldkit/core/testing';
import { describe, expect, it } from 'vitest';
import type { DeclaredField } from './declared-fields.ts';
import { extractFieldsWithModel } from './model-fields.ts';

const blocks: Block[] = [
  { kind: 'paragraph', text: 'Owner: Quality' },
  { kind: 'paragraph', text: 'Claims are accepted until 31 March 2027, up to 2,500 euros, at the Hull works.' },
];
const document = { title: 'T', uri: 'a.md', metadata: {}, blocks, text: blocks.map(({ text }) => text).join('\n\n') };
const owner: DeclaredField = { name: 'owner', labels: ['Owner'] };
const quote = blocks[1]?.text ?? '';
const answer = (...fields: { name: string; value: string; quote: string }[]) => JSON.stringify({ fields });

describe('extractFieldsWithModel', () => {
  it('asks the model only for what rules do not find, and takes what its quote proves', async () => {
    const model = createScriptedModel([
      answer(
        { name: 'deadline', value: '2027-03-31', quote },
        { name: 'limit', value: '2500', quote },
        { name: 'site', value: 'Hull', quote },
      ),
    ]);
    const fields: DeclaredField[] = [
      owner,
      { name: 'deadline', labels: ['deadline'], type: 'date' },
      { name: 'limit', labels: ['limit'], type: 'number' },
      { name: 'site', labels: ['site'] },
    ];
    const { values, findings, usage } = await extractFieldsWithModel(document, fields, { model });
    expect(Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value]))).toEqual({
      owner: 'Quality',
      deadline: '2027-03-31',
      limit: 2500,
      site: 'Hull',
    });
    expect(findings).toEqual([]);
    expect(usage?.calls).toBe(1);
    expect(JSON.stringify(model.requests[0]?.messages)).not.toContain('\\"owner\\"');
  });

  it('leaves out what the document does not say, and reports it', async () => {
    const fields: DeclaredField[] = [
      { name: 'deadline', labels: ['deadline'], type: 'date' },
      { name: 'site', labels: ['site'] },
      { name: 'limit', labels: ['limit'], type: 'number' },
    ];
    const model = createScriptedModel([
      answer(
        { name: 'limit', value: '500', quote },
        { name: 'deadline', value: '2028-03-31', quote },
        { name: 'site', value: 'York', quote: 'at the York works' },
      ),
    ]);
    const { values, findings } = await extractFieldsWithModel(document, fields, { model });
    expect(values).toEqual({});
    expect(findings.map(({ code }) => code)).toEqual(Array(3).fill('metadata-unproven'));
  });

  it('asks nobody when rules suffice, and refuses an answer that is no JSON', async () => {
    expect(await extractFieldsWithModel(document, [owner], { model: createScriptedModel([]) })).toMatchObject({
      values: { owner: { value: 'Quality' } },
    });
    const fields = [{ name: 'site', labels: ['site'] }];
    await expect(
      extractFieldsWithModel(document, fields, { model: createScriptedModel(['I do not know.']) }),
    ).rejects.toMatchObject({ code: 'MODEL_INVALID_OUTPUT' });
  });
});
