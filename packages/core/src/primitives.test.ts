import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Caller, callerKey, maySee } from './caller.ts';
import { complete, sumUsage } from './chat-model.ts';
import { systemClock } from './clock.ts';
import { detectLanguage } from './language.ts';
import { nearestName } from './nearest.ts';
import { createFakeClock, createScriptedModel } from './testing.ts';
import { estimateTokens } from './tokens.ts';
import { recordLines } from './tool.ts';
import { addUsage, NO_USAGE } from './usage.ts';

const caller = (patch: Partial<Caller> = {}): Caller => ({ tenant: 't', subject: 's', groups: ['a'], ...patch });

describe('maySee', () => {
  it('needs the same tenant, and one common group when the owner names any', () => {
    expect(maySee(caller(), { tenant: 't', groups: [] })).toBe(true);
    expect(maySee(caller(), { tenant: 't', groups: ['b', 'a'] })).toBe(true);
    expect(maySee(caller(), { tenant: 't', groups: ['b'] })).toBe(false);
    expect(maySee(caller({ groups: [] }), { tenant: 't', groups: ['a'] })).toBe(false);
    expect(maySee(caller(), { tenant: 'u', groups: [] })).toBe(false);
    expect(maySee(caller(), { tenant: 'u', groups: ['a'] })).toBe(false);
  });
});

describe('callerKey', () => {
  it('is the same for the same identity and differs for any other', () => {
    expect(callerKey(caller({ groups: ['b', 'a', 'b'] }))).toBe(callerKey(caller({ groups: ['a', 'b'] })));
    const part = fc.string({ maxLength: 3 });
    const any = fc.record({ tenant: part, subject: part, groups: fc.uniqueArray(part, { maxLength: 3 }) });
    fc.assert(
      fc.property(any, any, (a, b) => {
        const same =
          a.tenant === b.tenant &&
          a.subject === b.subject &&
          [...a.groups].sort().join('\0') === [...b.groups].sort().join('\0');
        expect(callerKey(a) === callerKey(b)).toBe(same);
      }),
    );
  });
});

describe('recordLines', () => {
  it('writes one line per leaf, by path', () => {
    expect(
      recordLines({ order: { id: 'SO-1', items: [{ sku: 'A', price: 4.2 }], shipped: null, paid: false } }),
    ).toEqual([
      'order.id: SO-1',
      'order.items[0].sku: A',
      'order.items[0].price: 4.2',
      'order.shipped: none',
      'order.paid: false',
    ]);
  });

  it('leaves out what is empty and keeps each value on its line', () => {
    expect(recordLines({ a: {}, b: [], c: 'x\n y' })).toEqual(['c: x y']);
    expect(recordLines('alone')).toEqual(['alone']);
    expect(recordLines([1, [2]])).toEqual(['[0]: 1', '[1][0]: 2']);
  });

  it('has a line for every leaf of any record', () => {
    const leaves = (value: unknown): number =>
      value !== null && typeof value === 'object'
        ? Object.values(value).reduce<number>((sum, item) => sum + leaves(item), 0)
        : 1;
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const lines = recordLines(value);
        expect(lines).toHaveLength(leaves(value));
        for (const line of lines) expect(line.slice(line.indexOf(': ') + 1)).not.toMatch(/\n/);
      }),
    );
  });
});

describe('nearestName', () => {
  it('finds what was meant', () => {
    const known = ['knowledge', 'endpoint', 'index', 'id'];
    expect(nearestName('knowlege', known)).toBe('knowledge');
    expect(nearestName('EndPiont', known)).toBe('endpoint');
    expect(nearestName('idd', known)).toBe('id');
    expect(nearestName('index', known)).toBe('index');
  });

  it('finds nothing when no name is near, however short', () => {
    expect(nearestName('weather', ['knowledge', 'endpoint'])).toBeUndefined();
    expect(nearestName('xy', ['id', 'a'])).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });
});

describe('detectLanguage', () => {
  it('goes by letters, a Chinese one weighing as much as three Latin', () => {
    expect(detectLanguage('How long is the warranty?')).toBe('en');
    expect(detectLanguage('XP-200 泵的保修期多长')).toBe('zh');
    expect(detectLanguage('ポンプの保証期間は')).toBe('ja');
    expect(detectLanguage('보증 기간')).toBe('ko');
    expect(detectLanguage('Сколько длится гарантия')).toBe('ru');
    expect(detectLanguage('12 - 34')).toBe('und');
    expect(detectLanguage('aaa中')).toBe('zh');
    expect(detectLanguage('aaaa中')).toBe('en');
  });
});

describe('estimateTokens', () => {
  // Counts of Qwen3's own tokenizer.
  it.each([
    ['The warranty covers parts and labour for twenty-four months from the date of delivery.', 16],
    ['保修期自交付之日起二十四个月，涵盖零部件及人工费用。', 19],
    ['| Model | Pressure (bar) | Price |\n| XP-200 | 16.5 | 12,400.00 |\n| XP-300 | 25.0 | 18,750.00 |', 61],
    ['export function maxOf(values: readonly number[]): number {\n  return Math.max(...values);\n}', 22],
  ])('is within a fifth of a real tokenizer: %s', (text, counted) => {
    expect(Math.abs(estimateTokens(text) / counted - 1)).toBeLessThan(0.2);
  });

  it('counts nothing in nothing, and a letter as one', () => {
    expect(estimateTokens('')).toBe(0);
    expect(estimateTokens('a')).toBe(1);
  });

  it('never shrinks when text is added', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => estimateTokens(a + b) >= estimateTokens(a)));
  });
});

describe('usage', () => {
  it('adds up, and leaves absent what nobody said', () => {
    const sum = addUsage(
      { inputTokens: 1, outputTokens: 2, calls: 1 },
      { inputTokens: 3, outputTokens: 4, calls: 1, cachedTokens: 2 },
    );
    expect(sum).toEqual({ inputTokens: 4, outputTokens: 6, calls: 2, cachedTokens: 2 });
    expect('reasoningTokens' in sum).toBe(false);
    expect(sumUsage([])).toEqual(NO_USAGE);
  });
});

describe('createScriptedModel and complete', () => {
  it('collects a reply and its usage, and records the request', async () => {
    const model = createScriptedModel(['two words', { toolCalls: [{ id: '1', name: 't', arguments: '{}' }] }]);
    const request = { messages: [{ role: 'user' as const, content: 'hello you' }] };
    expect(await complete(model, request)).toMatchObject({
      text: 'two words',
      reason: 'stop',
      usage: { calls: 1 },
      model: 'scripted',
    });
    expect(await complete(model, request)).toMatchObject({ toolCalls: [{ name: 't' }], reason: 'tool-calls' });
    expect(model.requests).toEqual([request, request]);
    await expect(complete(model, request)).rejects.toThrow('request 3');
  });

  it('throws what the script throws, and what the signal says', async () => {
    await expect(complete(createScriptedModel([new Error('planned')]), { messages: [] })).rejects.toThrow('planned');
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(complete(createScriptedModel(['x']), { messages: [] }, { signal })).rejects.toThrow('stop');
  });

  it('says so when a stream ends without its end', async () => {
    const broken = { name: 'b', async *chat() {} };
    await expect(complete(broken, { messages: [] })).rejects.toMatchObject({ code: 'MODEL_STREAM_BROKEN' });
  });
});

describe('clocks', () => {
  it('wake sleepers in the order of their time, and only when it has come', async () => {
    const clock = createFakeClock(0);
    const woken: number[] = [];
    for (const ms of [30, 10, 20]) void clock.sleep(ms).then(() => woken.push(ms));
    await clock.advance(20);
    expect(woken).toEqual([10, 20]);
    expect(clock.now()).toBe(20);
    await clock.advance(10);
    expect(woken).toEqual([10, 20, 30]);
  });

  it('end a sleep at an abort', async () => {
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort();
    await expect(sleeping).rejects.toThrow();
    await expect(systemClock.sleep(1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(0);
  });
});
