import { describe, expect, it } from 'vitest';
import { checkOutsideCall } from './outside-call.ts';
import { orderTool } from './testing/fixtures.ts';

const tool = orderTool({
  name: 'web_search',
  inputSchema: {
    type: 'object',
    properties: {
      query: { type: 'string' },
      language: { type: 'string', enum: ['en', 'zh'] },
      limit: { type: 'integer' },
    },
  },
});
const own = 'What torque do the seal bolts of the XP-200 need? 密封螺栓的扭矩是多少？';
const call = (input: unknown, afterUntrusted = true) => {
  try {
    checkOutsideCall(tool, input, { own, afterUntrusted });
    return 'called';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('a tool of somebody else', () => {
  it.each([
    { query: 'torque seal bolts XP-200' },
    { query: 'Bolt torque, XP-200', language: 'en', limit: 10 },
    { query: '密封螺栓 扭矩' },
    { query: '螺栓扭矩', limit: 100 },
  ])('is asked in words of the user: %j', (input) => expect(call(input)).toBe('called'));

  it.each([
    [{ query: 'XP-200 forty percent margin' }, '"forty"'],
    [{ query: 'torque 4831.50' }, '4831'],
    [{ query: '经销商毛利' }, '经销商'],
    [{ query: 'torque', limit: 4831 }, '4831'],
    [{ query: 'torque', language: 'xx' }, '"xx"'],
    [{ query: { margin: 'torque' } }, '"margin"'],
    [{ query: ['torque', Buffer.from('secret').toString('base64')] }, 'c2vjcmv0'],
  ])('is not told what else was read: %j', (input, word) => expect(call(input)).toContain(word));

  it('is asked freely before anything was read, but never for personal data', () => {
    expect(call({ query: 'fastener tightening datasheet' }, false)).toBe('called');
    for (const query of ['13800138000', '１３８ ００１３ ８０００', 'wang.fang@acme.example'])
      expect(call({ query }, false)).toContain('personal data');
  });
});
