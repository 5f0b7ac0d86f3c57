/**
 * 澜泊精工人事与财务记录系统的演示服务：假期余额、报销单、出差申请，以及提交请假申请。
 *
 * 用法：`node tools/records-server.ts [--port N]`。默认监听 127.0.0.1 的空闲端口，就绪后在标准输出打印一行
 * `{"ready":true,"url":"http://127.0.0.1:PORT"}`；标准输入结束或收到 SIGTERM 时退出。写入只留在内存里。
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

interface LeaveBalance {
  readonly employeeNumber: string;
  readonly name: string;
  readonly remainingAnnualDays: number;
  readonly compensatoryHours: number;
  readonly compensatoryExpiresOn: string | null;
  readonly personalDaysUsed: number;
}

interface LeaveRequest {
  readonly requestNumber: string;
  readonly employeeNumber: string;
  readonly employeeName: string;
  readonly leaveType: LeaveType;
  readonly startDate: string;
  readonly endDate: string;
  readonly days: number;
  readonly reason: string | null;
  readonly status: '待审批';
  readonly approver: string;
}

const LEAVE_TYPES = ['年假', '调休', '事假', '病假'] as const;
type LeaveType = (typeof LEAVE_TYPES)[number];

/** 事假全年累计上限，天。 */
const PERSONAL_LEAVE_LIMIT_DAYS = 15;
/** 一天折合的调休小时数。 */
const HOURS_PER_DAY = 8;
/** 请求体上限，字节。 */
const MAX_BODY_BYTES = 16_384;

/** 以 HTTP 状态码和错误码回答调用方的失败。 */
class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// 数据文件与本服务一同提交，字段由接口描述文件约定。
const data = JSON.parse(readFileSync(new URL('./records-data.json', import.meta.url), 'utf8')) as {
  readonly leaveBalances: readonly LeaveBalance[];
  readonly claims: readonly { readonly claimNumber: string }[];
  readonly travelRequests: readonly { readonly requestNumber: string }[];
};

const balances = new Map(data.leaveBalances.map((entry) => [entry.employeeNumber, entry]));
const claims = new Map(data.claims.map((entry) => [entry.claimNumber, entry]));
const trips = new Map(data.travelRequests.map((entry) => [entry.requestNumber, entry]));
const leaveRequests = new Map<string, LeaveRequest>();
/** 幂等键对应的请求体和已建申请：同一键重放返回同一张单，换了内容则拒绝。 */
const replays = new Map<string, { readonly body: string; readonly request: LeaveRequest }>();

const LOOKUPS = [
  {
    path: 'leave-balances',
    pattern: /^LB\d{5}$/,
    find: (id: string) => balances.get(id),
    noun: '员工',
    example: 'LB10234',
  },
  {
    path: 'claims',
    pattern: /^BX-\d{4}-\d{4}$/,
    find: (id: string) => claims.get(id),
    noun: '报销单',
    example: 'BX-2026-1203',
  },
  {
    path: 'travel-requests',
    pattern: /^CL-\d{4}-\d{4}$/,
    find: (id: string) => trips.get(id),
    noun: '出差申请',
    example: 'CL-2026-0215',
  },
  {
    path: 'leave-requests',
    pattern: /^QJ-\d{4}-\d{4}$/,
    find: (id: string) => leaveRequests.get(id),
    noun: '请假申请',
    example: 'QJ-2026-3001',
  },
] as const;

async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const segments = pathSegments(request.url ?? '/');
  const [collection = '', id] = segments;
  if (segments.length > 2) throw new RequestError(404, 'PATH_NOT_FOUND', '没有这个地址。');

  if (collection === 'health' && id === undefined) {
    requireMethod(request, 'GET');
    return { status: 200, body: { status: 'ok' } };
  }
  if (collection === 'leave-requests' && id === undefined) {
    requireMethod(request, 'POST');
    return submitLeaveRequest(request);
  }
  const lookup = LOOKUPS.find((entry) => entry.path === collection);
  if (lookup === undefined || id === undefined) throw new RequestError(404, 'PATH_NOT_FOUND', '没有这个地址。');
  requireMethod(request, 'GET');
  if (!lookup.pattern.test(id)) {
    throw new RequestError(400, 'INVALID_ID', `${lookup.noun}编号格式不对，应形如 ${lookup.example}。`);
  }
  const found = lookup.find(id);
  if (found === undefined) throw new RequestError(404, 'NOT_FOUND', `没有编号为 ${id} 的${lookup.noun}。`);
  return { status: 200, body: found };
}

async function submitLeaveRequest(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const text = await readBody(request);
  const header = request.headers['idempotency-key'];
  const key = typeof header === 'string' && header !== '' ? header : undefined;
  const earlier = key === undefined ? undefined : replays.get(key);
  if (earlier !== undefined) {
    if (earlier.body !== text) {
      throw new RequestError(409, 'IDEMPOTENCY_KEY_REUSED', '同一个幂等键已用于内容不同的申请，请换一个新键。');
    }
    return { status: 200, body: earlier.request };
  }

  const fields = parseFields(text);
  const balance = balances.get(fields.employeeNumber);
  if (balance === undefined) {
    throw new RequestError(404, 'NOT_FOUND', `没有编号为 ${fields.employeeNumber} 的员工。`);
  }
  checkAllowance(balance, fields);
  const created: LeaveRequest = {
    requestNumber: `QJ-2026-${3001 + leaveRequests.size}`,
    employeeNumber: balance.employeeNumber,
    employeeName: balance.name,
    leaveType: fields.leaveType,
    startDate: fields.startDate,
    endDate: fields.endDate,
    days: fields.days,
    reason: fields.reason,
    status: '待审批',
    approver: fields.days > 10 ? '部门总监' : fields.days > 3 ? '部门经理' : '直接上级',
  };
  leaveRequests.set(created.requestNumber, created);
  if (key !== undefined) replays.set(key, { body: text, request: created });
  return { status: 201, body: created };
}

interface LeaveFields {
  readonly employeeNumber: string;
  readonly leaveType: LeaveType;
  readonly startDate: string;
  readonly endDate: string;
  readonly days: number;
  readonly reason: string | null;
}

function parseFields(text: string): LeaveFields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new RequestError(400, 'INVALID_JSON', '请求体不是有效的 JSON。');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new RequestError(400, 'INVALID_BODY', '请求体应为一个 JSON 对象。');
  }
  const known = ['employeeNumber', 'leaveType', 'startDate', 'endDate', 'days', 'reason'];
  const unknownKey = Object.keys(parsed).find((name) => !known.includes(name));
  if (unknownKey !== undefined) throw new RequestError(400, 'UNKNOWN_FIELD', `没有名为 ${unknownKey} 的字段。`);

  const body = new Map<string, unknown>(Object.entries(parsed));
  const employeeNumber = body.get('employeeNumber');
  if (typeof employeeNumber !== 'string' || !/^LB\d{5}$/.test(employeeNumber)) {
    throw new RequestError(400, 'INVALID_FIELD', 'employeeNumber 应形如 LB10234。');
  }
  const leaveType = LEAVE_TYPES.find((type) => type === body.get('leaveType'));
  if (leaveType === undefined) {
    throw new RequestError(400, 'INVALID_FIELD', `leaveType 应为 ${LEAVE_TYPES.join('、')} 之一。`);
  }
  const startDate = dateField(body, 'startDate');
  const endDate = dateField(body, 'endDate');
  if (endDate < startDate) throw new RequestError(400, 'INVALID_FIELD', 'endDate 不得早于 startDate。');
  const days = body.get('days');
  const span = (Date.parse(endDate) - Date.parse(startDate)) / 86_400_000 + 1;
  if (typeof days !== 'number' || !(days >= 0.5) || (days * 2) % 1 !== 0 || days > span) {
    throw new RequestError(
      400,
      'INVALID_FIELD',
      `days 应为 0.5 的倍数，不少于 0.5，且不超过起止日期之间的 ${span} 天。`,
    );
  }
  const reason = body.get('reason') ?? null;
  if (reason !== null && (typeof reason !== 'string' || reason.length > 200)) {
    throw new RequestError(400, 'INVALID_FIELD', 'reason 应为不超过 200 字的文字。');
  }
  return { employeeNumber, leaveType, startDate, endDate, days, reason };
}

function dateField(body: ReadonlyMap<string, unknown>, name: string): string {
  const value = body.get(name);
  const valid =
    typeof value === 'string' &&
    /^\d{4}-\d{2}-\d{2}$/.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    new Date(value).toISOString().startsWith(value);
  if (!valid) throw new RequestError(400, 'INVALID_FIELD', `${name} 应为实际存在的日期，形如 2026-11-16。`);
  return value;
}

/** 余额不足时拒绝。天数含已提交、尚未审批的申请。 */
function checkAllowance(balance: LeaveBalance, fields: LeaveFields): void {
  const pending = [...leaveRequests.values()]
    .filter((entry) => entry.employeeNumber === balance.employeeNumber && entry.leaveType === fields.leaveType)
    .reduce((sum, entry) => sum + entry.days, 0);
  const available = {
    年假: balance.remainingAnnualDays,
    调休: balance.compensatoryHours / HOURS_PER_DAY,
    事假: PERSONAL_LEAVE_LIMIT_DAYS - balance.personalDaysUsed,
    病假: Number.POSITIVE_INFINITY,
  }[fields.leaveType];
  if (fields.days > available - pending) {
    throw new RequestError(
      422,
      'BALANCE_EXCEEDED',
      `${fields.leaveType}余额不足：可用 ${available - pending} 天，申请 ${fields.days} 天。`,
    );
  }
  const expiry = balance.compensatoryExpiresOn;
  if (fields.leaveType === '调休' && expiry !== null && fields.endDate > expiry) {
    throw new RequestError(422, 'COMPENSATORY_EXPIRED', `调休时数于 ${expiry} 失效，结束日期不得晚于该日。`);
  }
}

function pathSegments(url: string): string[] {
  try {
    return new URL(url, 'http://127.0.0.1').pathname.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    throw new RequestError(400, 'INVALID_URL', '地址无法解析。');
  }
}

function requireMethod(request: IncomingMessage, method: string): void {
  if (request.method !== method) throw new RequestError(405, 'METHOD_NOT_ALLOWED', `这个地址只接受 ${method}。`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new RequestError(413, 'BODY_TOO_LARGE', `请求体不得超过 ${MAX_BODY_BYTES} 字节。`);
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function portFromArguments(args: readonly string[]): number {
  const at = args.indexOf('--port');
  if (at === -1) return 0;
  const port = Number(args[at + 1]);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    process.stderr.write('--port 后面应为 0 到 65535 的整数\n');
    process.exit(2);
  }
  return port;
}

const server = createServer((request, response) => {
  answer(request)
    .then(({ status, body }) => send(response, status, body))
    .catch((error: unknown) => {
      if (error instanceof RequestError) send(response, error.status, { code: error.code, message: error.message });
      else send(response, 500, { code: 'INTERNAL', message: '服务内部错误，请稍后再试。' });
    });
});

function stop(): void {
  server.close();
  server.closeAllConnections();
  process.stdin.destroy();
}

server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
  process.stdin.destroy();
});
server.listen(portFromArguments(process.argv.slice(2)), '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.on('end', stop).on('error', stop).resume();
process.once('SIGTERM', stop);
