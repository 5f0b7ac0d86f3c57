import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { errorCodes, errorRecord, FieldkitError, isFieldkitError, toFieldkitError } from './error.ts';

describe('FieldkitError', () => {
  it('knows by its code whether trying again may help, unless told', () => {
    expect(new FieldkitError('TIMED_OUT', 'm').retryable).toBe(true);
    expect(new FieldkitError('INVALID_OPTION', 'm').retryable).toBe(false);
    expect(new FieldkitError('INVALID_OPTION', 'm', { retryable: true }).retryable).toBe(true);
    expect(new FieldkitError('INTERNAL', 'm')).toMatchObject({ name: 'FieldkitError', details: {} });
    expect('cause' in new FieldkitError('INTERNAL', 'm')).toBe(false);
  });

  it('has codes in capitals only', () => {
    for (const code of errorCodes) expect(code).toMatch(/^[A-Z][A-Z_]+$/);
  });

  it('is recognised, with a code if asked', () => {
    const error = new FieldkitError('TIMED_OUT', 'm');
    expect([
      isFieldkitError(error),
      isFieldkitError(error, 'TIMED_OUT'),
      isFieldkitError(error, 'CANCELLED'),
      isFieldkitError(new Error('x')),
    ]).toEqual([true, true, false, false]);
  });
});

describe('toFieldkitError', () => {
  it('leaves ours alone and keeps the rest as cause', () => {
    const ours = new FieldkitError('CANCELLED', 'm');
    expect(toFieldkitError(ours)).toBe(ours);
    const bug = new TypeError('x is undefined');
    expect(toFieldkitError(bug, 'TOOL_FAILED', 'calling it')).toMatchObject({
      code: 'TOOL_FAILED',
      message: 'calling it: x is undefined',
      cause: bug,
    });
    expect(toFieldkitError('text').message).toBe('text');
    expect(toFieldkitError(undefined).code).toBe('INTERNAL');
  });

  it('tells aborts from timeouts', () => {
    expect(toFieldkitError(AbortSignal.abort().reason).code).toBe('CANCELLED');
    expect(toFieldkitError(new DOMException('late', 'TimeoutError')).code).toBe('TIMED_OUT');
  });

  it('gives file system errors their code and names the path', async () => {
    const error = toFieldkitError(
      await readFile('/no/such/file').catch((thrown: unknown) => thrown),
      'INTERNAL',
      'reading',
    );
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', message: 'reading: no such file or folder (/no/such/file)' });
    const full = toFieldkitError(Object.assign(new Error('write'), { code: 'ENOSPC' }));
    expect(full.code).toBe('DISK_FULL');
  });

  it('records what is stored of an error', () => {
    expect(errorRecord(new FieldkitError('TIMED_OUT', 'late', { details: { secret: 1 } }))).toEqual({
      code: 'TIMED_OUT',
      message: 'late',
      retryable: true,
    });
  });
});
