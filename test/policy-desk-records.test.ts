import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SERVER = fileURLToPath(new URL('../examples/policy-desk-zh/tools/records-server.ts', import.meta.url));

let server: ChildProcess;
let url = '';

beforeAll(async () => {
  const started = spawn(process.execPath, [SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  server = started;
  const [line] = await once(createInterface({ input: started.stdout }), 'line');
  const ready: unknown = JSON.parse(String(line));
  expect(ready).toMatchObject({ ready: true });
  if (typeof ready === 'object' && ready !== null && 'url' in ready) url = String(ready.url);
});

afterAll(() => {
  server.kill();
});

async function call(path: string, init?: RequestInit): Promise<[number, unknown]> {
  const response = await fetch(`${url}${path}`, init);
  return [response.status, await response.json()];
}

const leave = (fields: object, key?: string): RequestInit => ({
  method: 'POST',
  headers: key === undefined ? {} : { 'idempotency-key': key },
  body: JSON.stringify({
    employeeNumber: 'LB10234',
    leaveType: '年假',
    startDate: '2026-11-16',
    endDate: '2026-11-17',
    days: 2,
    ...fields,
  }),
});

describe('the record system of the Chinese desk', () => {
  it('looks up a balance, a claim and a travel request', async () => {
    expect(await call('/leave-balances/LB10234')).toMatchObject([200, { name: '宋以宁', remainingAnnualDays: 4.5 }]);
    expect(await call('/claims/BX-2026-1203')).toMatchObject([200, { status: '已退回' }]);
    expect(await call('/travel-requests/CL-2026-0274')).toMatchObject([200, { status: '待审批' }]);
  });

  it('answers a malformed id, an unknown id, a wrong method and a broken address with a typed error', async () => {
    expect(await call('/claims/1203')).toMatchObject([400, { code: 'INVALID_ID' }]);
    expect(await call('/claims/BX-2026-9999')).toMatchObject([404, { code: 'NOT_FOUND' }]);
    expect(await call('/claims/BX-2026-1203', { method: 'DELETE' })).toMatchObject([
      405,
      { code: 'METHOD_NOT_ALLOWED' },
    ]);
    expect(await call('/claims/%E0%A4%A')).toMatchObject([400, { code: 'INVALID_URL' }]);
  });

  it('files a leave request once for one idempotency key', async () => {
    const [status, first] = await call('/leave-requests', leave({}, 'key-00001'));
    expect(status).toBe(201);
    expect(first).toMatchObject({ status: '待审批', approver: '直接上级' });
    expect(await call('/leave-requests', leave({}, 'key-00001'))).toEqual([200, first]);
    expect(await call('/leave-requests', leave({ days: 1 }, 'key-00001'))).toMatchObject([409, {}]);
  });

  it('counts what is already asked for, and refuses more than the balance', async () => {
    const more = leave({ endDate: '2026-11-20', days: 3 });
    expect(await call('/leave-requests', more)).toMatchObject([422, { code: 'BALANCE_EXCEEDED' }]);
  });

  it.each([
    { endDate: '2026-11-31' },
    { endDate: '2026-11-15' },
    { days: 0.25 },
    { days: 2.5 },
    { leaveType: '长假' },
    { employeeNumber: 'LB1' },
  ])('refuses %j', async (fields) => {
    expect(await call('/leave-requests', leave(fields))).toMatchObject([400, { code: 'INVALID_FIELD' }]);
  });

  it('ends when its standard input ends', async () => {
    const other = spawn(process.execPath, [SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    other.stdin.end();
    const [code] = await once(other, 'exit');
    expect(code).toBe(0);
  });
});
