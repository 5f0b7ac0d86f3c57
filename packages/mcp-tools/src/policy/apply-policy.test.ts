import { FieldkitError, type Tool, type ToolResult } from '@fieldkit/core';
import { createFakeClock } from '@fieldkit/core/testing';
import { describe, expect, it } from 'vitest';
import { applyPolicy, type ToolCallRecord, type ToolPolicy } from './apply-policy.ts';
import { cutText } from './cut-text.ts';
import { redact } from './redact.ts';

const context = { caller: { tenant: 't', subject: 's', groups: [] }, callId: 'step-1' };
const fine: ToolResult = { data: { ok: true }, text: 'ok', isError: false };
const down = () => Promise.reject(new FieldkitError('TOOL_UNAVAILABLE', 'down'));

function tool(run: Tool['run'], patch: Partial<Tool> = {}): Tool {
  return {
    name: 'probe',
    description: 'd',
    inputSchema: {
      type: 'object',
      properties: { id: { type: 'string', pattern: '^A\\d$' } },
      required: ['id'],
      additionalProperties: false,
    },
    outputSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
    effects: 'read',
    yields: 'record',
    timeoutMs: 1000,
    run,
    ...patch,
  };
}

function guarded(run: Tool['run'], policy: ToolPolicy = {}, patch: Partial<Tool> = {}) {
  const calls: string[] = [];
  const records: ToolCallRecord[] = [];
  const counted: Tool['run'] = (input, given) => {
    calls.push(given.callId);
    return run(input, given);
  };
  const [made] = applyPolicy([tool(counted, patch)], { onCall: (record) => records.push(record), ...policy });
  if (made === undefined) throw new Error('no tool');
  return {
    run: (input: unknown = { id: 'A1' }, given: Parameters<Tool['run']>[1] = context) => made.run(input, given),
    calls,
    records,
    tool: made,
  };
}

/** Lets pauses between tries pass at once. */
function jumpingClock() {
  const clock = createFakeClock();
  return { ...clock, sleep: async (ms: number) => void clock.advance(ms) };
}

describe('input and output', () => {
  it('are checked before and after the call', async () => {
    const { run, calls } = guarded(async () => fine);
    expect(await run()).toBe(fine);
    for (const wrong of [{}, { id: 'B1' }, { id: 'A1', x: 1 }, null, 'A1', [], { id: 'A1'.repeat(30_000) }]) {
      await expect(run(wrong), JSON.stringify(wrong)?.slice(0, 50)).rejects.toMatchObject({
        code: 'TOOL_INVALID_INPUT',
      });
    }
    expect(calls).toHaveLength(1);
    await expect(guarded(async () => ({ ...fine, data: { ok: 1 } })).run()).rejects.toMatchObject({
      code: 'TOOL_INVALID_OUTPUT',
    });
    // A refusal has no record to check.
    expect(await guarded(async () => ({ data: { error: {} }, text: 'no', isError: true })).run()).toMatchObject({
      isError: true,
    });
  });

  it('are bounded: the text is cut at a line and says so', async () => {
    const text = `${'line of text\n'.repeat(10)}end`;
    const { run, records } = guarded(async () => ({ ...fine, text }), { maxTextLength: 40 });
    expect((await run()).text).toBe(
      `line of text\nline of text\nline of text\n[${text.length - 38} characters left out: ask for less]`,
    );
    expect(records[0]?.cut).toBe(text.length - 38);
    expect((await guarded(async () => ({ ...fine, text }), { maxTextLength: text.length }).run()).text).toBe(text);
  });
});

describe('permission', () => {
  it('is needed for a tool that is not on the list of the node', async () => {
    const { run, calls } = guarded(async () => fine, { allow: ['other'] });
    await expect(run()).rejects.toMatchObject({ code: 'TOOL_FORBIDDEN' });
    expect(calls).toEqual([]);
    expect(await guarded(async () => fine, { allow: ['probe'] }).run()).toBe(fine);
  });

  it('is asked for each write, unless it was granted', async () => {
    const write = { effects: 'write' } as const;
    await expect(guarded(async () => fine, {}, write).run()).rejects.toMatchObject({ code: 'TOOL_NEEDS_APPROVAL' });
    const asked: unknown[] = [];
    const approve = (answer: boolean) => async (request: unknown) => {
      asked.push(request);
      return answer;
    };
    const refused = guarded(async () => fine, { approve: approve(false) }, write);
    await expect(refused.run()).rejects.toMatchObject({ code: 'TOOL_NEEDS_APPROVAL' });
    expect(refused.calls).toEqual([]);
    expect(await guarded(async () => fine, { approve: approve(true) }, write).run()).toBe(fine);
    expect(asked).toEqual([
      { tool: 'probe', input: { id: 'A1' }, context },
      { tool: 'probe', input: { id: 'A1' }, context },
    ]);
    expect(await guarded(async () => fine, { grants: ['probe'] }, write).run()).toBe(fine);
  });

  it('is not asked for what is wrong anyway', async () => {
    let asked = false;
    const approve = async () => {
      asked = true;
      return true;
    };
    await expect(guarded(async () => fine, { approve }, { effects: 'write' }).run({ id: 'B' })).rejects.toMatchObject({
      code: 'TOOL_INVALID_INPUT',
    });
    expect(asked).toBe(false);
  });
});

describe('failures', () => {
  it('of a reading tool are tried again with the same call id, of a writing one never', async () => {
    let left = 1;
    const flaky = async () => {
      left -= 1;
      return left >= 0 ? down() : fine;
    };
    const read = guarded(flaky, { clock: jumpingClock() });
    expect(await read.run()).toBe(fine);
    expect(read.calls).toEqual(['step-1', 'step-1']);
    expect(read.records).toMatchObject([{ attempts: 2, outcome: 'ok' }]);
    const write = guarded(down, { clock: jumpingClock(), grants: ['probe'], attempts: 5 }, { effects: 'write' });
    await expect(write.run()).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    expect(write.calls).toHaveLength(1);
  });

  it('that no second try can mend are not tried again', async () => {
    const { run, calls } = guarded(() => Promise.reject(new FieldkitError('TOOL_FORBIDDEN', 'no')), { attempts: 5 });
    await expect(run()).rejects.toMatchObject({ code: 'TOOL_FORBIDDEN' });
    expect(calls).toHaveLength(1);
  });

  it('in a row open the circuit', async () => {
    const { run, calls } = guarded(down, { attempts: 1, breaker: { failures: 2, cooldownMs: 3_600_000 } });
    for (let index = 0; index < 4; index += 1) await expect(run()).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    expect(calls).toHaveLength(2);
  });
});

describe('time', () => {
  const never: Tool['run'] = () => new Promise(() => {});

  it('is limited, also for a tool that does not listen', async () => {
    const { run } = guarded(never, { timeoutMs: 30, attempts: 1 });
    await expect(run()).rejects.toMatchObject({ code: 'TIMED_OUT', message: expect.stringContaining('30 ms') });
    const short = guarded(never, { attempts: 1 }, { timeoutMs: 20 });
    await expect(short.run()).rejects.toMatchObject({ message: expect.stringContaining('20 ms') });
    expect(short.tool.timeoutMs).toBe(20);
  });

  it('that ran out leaves a write with an unknown outcome', async () => {
    const { run } = guarded(never, { timeoutMs: 20, grants: ['probe'] }, { effects: 'write' });
    await expect(run()).rejects.toMatchObject({ code: 'TOOL_OUTCOME_UNKNOWN', retryable: false });
  });

  it('ends when the caller gives up', async () => {
    const controller = new AbortController();
    const { run, records } = guarded(never);
    const running = run({ id: 'A1' }, { ...context, signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(records).toMatchObject([{ outcome: 'failed', error: { code: 'CANCELLED' } }]);
    const before = guarded(async () => fine);
    await expect(before.run({ id: 'A1' }, { ...context, signal: AbortSignal.abort() })).rejects.toThrow();
    expect(before.calls).toEqual([]);
  });
});

describe('records for a log', () => {
  it('say who called what, how it ended, and no secret', async () => {
    const secret = 'sk-abcdefghijklmnop';
    const open = { inputSchema: { type: 'object' } };
    const { run, records } = guarded(
      () => Promise.reject(new FieldkitError('TOOL_FAILED', `key ${secret} was refused`)),
      { attempts: 1 },
      open,
    );
    await run({ query: `use ${secret}`, apiKey: 'x', nested: [{ password: 'y' }] }).catch(() => {});
    expect(records).toMatchObject([
      {
        tool: 'probe',
        callId: 'step-1',
        tenant: 't',
        subject: 's',
        outcome: 'failed',
        error: { code: 'TOOL_FAILED', message: 'key [redacted] was refused' },
      },
    ]);
    expect(records[0]?.input).toEqual({
      query: 'use [redacted]',
      apiKey: '[redacted]',
      nested: [{ password: '[redacted]' }],
    });
    const refusing = guarded(async () => ({ data: {}, text: 'no', isError: true }));
    await refusing.run();
    expect(refusing.records).toMatchObject([{ outcome: 'refused-by-system', attempts: 1 }]);
  });
});

describe('redact', () => {
  it('takes out secrets by name, by form and by value, and leaves the rest', () => {
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc';
    expect(
      redact(
        {
          access_token: 'a',
          'X-Api-Key': 'b',
          sessionId: 'c',
          clientSecret: 'd',
          note: `Bearer ${jwt} at https://user:pw12@host/`,
          order: 'SO-1042',
          tokens: 12,
          passage: 'text',
          known: 'hunter2!',
        },
        ['hunter2!'],
      ),
    ).toEqual({
      access_token: '[redacted]',
      'X-Api-Key': '[redacted]',
      sessionId: '[redacted]',
      clientSecret: '[redacted]',
      note: '[redacted] at https://user:[redacted]@host/',
      order: 'SO-1042',
      tokens: '[redacted]',
      passage: 'text',
      known: '[redacted]',
    });
  });

  it('ends in a very deep value', () => {
    let deep: unknown = 'x';
    for (let index = 0; index < 100; index += 1) deep = { deep };
    expect(JSON.stringify(redact(deep))).toContain('[too deep]');
  });
});

describe('cutText', () => {
  it('never cuts a character in two', () => {
    for (let length = 1; length < 8; length += 1) expect(cutText('𠮷𠮷𠮷𠮷', length).text.isWellFormed()).toBe(true);
  });
});
