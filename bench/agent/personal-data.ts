import { writeFileSync } from 'node:fs';
import { findPersonalData, type PersonalDataKind } from '@fieldkit/core';

/**
 * Precision and recall of the personal-data rules on forms that were written down before the rules were looked at, and the time that a megabyte
 * of hostile text takes: `node --conditions=@fieldkit/source bench/agent/personal-data.ts [SEED] [FILE]`. With a file the summary is written there.
 *
 * A value counts as found when the matches of its kind cover it whole; anything found elsewhere is false.
 */
const seed = Number(process.argv[2] ?? 1);

/** A repeatable stream of numbers (mulberry32). */
let state = seed >>> 0;
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const below = (limit: number) => Math.floor(random() * limit);
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T; // no list here is empty
const from = (alphabet: string, length: number) => Array.from({ length }, () => pick([...alphabet])).join('');
const digits = (length: number) => from('0123456789', length);
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const WORD = `${LOWER}${UPPER}0123456789`;
const HEX = '0123456789abcdef';
const two = (value: number) => String(value).padStart(2, '0');
const wide = (text: string) => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
const date = () => `${1940 + below(68)}${two(1 + below(12))}${two(1 + below(28))}`;

function idCheck(body: string): string {
  const sum = [...body].reduce((total, digit, index) => total + Number(digit) * (2 ** (17 - index) % 11), 0);
  return '10X98765432'.charAt(sum % 11);
}
function luhnCheck(body: string): string {
  const sum = [...body].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return String((10 - (sum % 10)) % 10);
}
const CREDIT = '0123456789ABCDEFGHJKLMNPQRTUWXY';
function creditCheck(body: string): string {
  const sum = [...body].reduce((total, sign, index) => total + CREDIT.indexOf(sign) * (3 ** index % 31), 0);
  return CREDIT.charAt((31 - (sum % 31)) % 31);
}
const other = (alphabet: string, sign: string) => pick([...alphabet].filter((one) => one !== sign));

const area = () =>
  pick([
    '110105',
    '120103',
    '310115',
    '320583',
    '330108',
    '340104',
    '350203',
    '370202',
    '420106',
    '440305',
    '450102',
    '500112',
    '510107',
    '530102',
    '610113',
    '650104',
  ]);
const idBody = () => `${area()}${date()}${digits(3)}`;
const residentId = () => {
  const body = idBody();
  return body + idCheck(body);
};
const mobileDigits = () =>
  `1${pick(['30', '31', '35', '36', '39', '47', '50', '52', '57', '59', '66', '76', '78', '80', '85', '88', '91', '95', '98'])}${digits(8)}`;
const cardDigits = () => {
  const body = pick([
    () => `622848${digits(12)}`,
    () => `621700${digits(12)}`,
    () => `6225${digits(11)}`,
    () => `6259${digits(11)}`,
    () => `4${digits(14)}`,
    () => `5${1 + below(5)}${digits(13)}`,
    () => `35${28 + below(60)}${digits(11)}`,
    () => `37${digits(12)}`,
  ])();
  return body + luhnCheck(body);
};
const fours = (text: string, gap: string) => text.replace(/(.{4})(?=.)/g, `$1${gap}`);
const creditCode = () => {
  const body = `${pick(['91', '92', '93', '51', '52', '12', '11'])}${area()}${from(CREDIT, 9)}`;
  return body + creditCheck(body);
};
const PROVINCES = [...'京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼'];
const PLATE = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789';
const town = () => pick([...'ABCDEFGHJKLM']);
const middle = () => `${digits(1)}${from(PLATE, 2)}${digits(2)}`;

/** How each kind is written. */
const FORMS: Readonly<Record<PersonalDataKind, readonly (() => string)[]>> = {
  'cn-id': [
    residentId,
    residentId,
    () => residentId().toLowerCase(),
    () => wide(residentId()),
    () => residentId().replace(/^(.{6})(.{8})/, '$1 $2 '),
    () => residentId().replace(/^(.{6})(.{4})(.{4})/, '$1 $2 $3 '),
    () => residentId().replace(/^(.{6})(.{8})/, '$1-$2-'),
  ],
  'cn-mobile': [
    mobileDigits,
    () => mobileDigits().replace(/^(.{3})(.{4})/, '$1 $2 '),
    () => mobileDigits().replace(/^(.{3})(.{4})/, '$1-$2-'),
    () => `+86${mobileDigits()}`,
    () => `+86 ${mobileDigits().replace(/^(.{3})(.{4})/, '$1 $2 ')}`,
    () => `+86-${mobileDigits()}`,
    () => `(+86) ${mobileDigits()}`,
    () => `0086 ${mobileDigits()}`,
    () => wide(mobileDigits()),
    () => wide(mobileDigits().replace(/^(.{3})(.{4})/, '$1-$2-')),
    () => mobileDigits().replace(/^(.{3})(.{4})/, '$1–$2–'),
    () => mobileDigits().replace(/^(.{3})(.{4})/, '$1\u00a0$2\u00a0'),
  ],
  'bank-card': [
    cardDigits,
    cardDigits,
    () => fours(cardDigits(), ' '),
    () => fours(cardDigits(), '-'),
    () => wide(cardDigits()),
    () => fours(cardDigits(), '\u00a0'),
  ],
  passport: [
    () => `E${digits(8)}`,
    () => `G${digits(8)}`,
    () => `E${pick([...'ABCDEFGHJK'])}${digits(7)}`,
    () => `P${digits(7)}`,
    () => digits(9),
    () => `C${from('0123456789FGHJKLMNPRTVWXYZ', 7)}${digits(1)}`,
  ],
  'cn-plate': [
    () => `${pick(PROVINCES)}${town()}${middle()}`,
    () => `${pick(PROVINCES)}${town()}·${middle()}`,
    () => `${pick(PROVINCES)}${town()} ${middle()}`,
    () => `${pick(PROVINCES)}${town()}-${middle()}`,
    () => `${pick(PROVINCES)}${town()}${pick([...'DF'])}${digits(5)}`,
    () => `${pick(PROVINCES)}${town()}${digits(5)}${pick([...'DF'])}`,
    () => `${pick(PROVINCES)}${town()}·${pick([...'DF'])}${pick([...'ABCDEFGHJK'])}${digits(4)}`,
    () => `${pick(PROVINCES)}${town()}${digits(4)}${pick(['警', '学', '挂'])}`,
    () => `粤Z${digits(4)}${pick(['港', '澳'])}`,
    () => `${pick(PROVINCES)}${town()}•${middle()}`,
  ],
  'cn-credit-code': [creditCode, creditCode, creditCode, () => creditCode().toLowerCase(), () => wide(creditCode())],
  email: [
    () => `${from(LOWER, 6)}@${pick(['qq.com', '163.com', 'gmail.com', 'outlook.com'])}`,
    () => `${digits(9)}@qq.com`,
    () => `${from(LOWER, 4)}.${from(LOWER, 6)}@${from(LOWER, 7)}.com.cn`,
    () => `${from(LOWER, 5)}+${from(LOWER, 4)}@${from(LOWER, 6)}.io`,
    () => `${from(UPPER, 6)}@${from(UPPER, 6)}.COM`,
    () => `${from(LOWER, 1)}_${from(LOWER, 6)}${digits(2)}@mail.${from(LOWER, 5)}-${from(LOWER, 3)}.de`,
    () => wide(`${from(LOWER, 6)}@`) + wide(`${from(LOWER, 5)}.com`),
    () => `${from(LOWER, 6)}@${from(LOWER, 5)}.technology`,
  ],
  secret: [
    () => `sk-${from(`${LOWER.slice(0, 6)}0123456789`, 32)}`,
    () => `sk-proj-${from(WORD, 40)}`,
    () => `sk-ant-api03-${from(`${WORD}-_`, 80)}`,
    () => `AKIA${from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
    () => `ASIA${from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
    () => `LTAI5t${from(WORD, 18)}`,
    () => `AKID${from(WORD, 32)}`,
    () => `ghp_${from(WORD, 36)}`,
    () => `gho_${from(WORD, 36)}`,
    () => `github_pat_${from(WORD, 22)}_${from(WORD, 59)}`,
    () => `glpat-${from(`${WORD}-_`, 20)}`,
    () => `xoxb-${digits(12)}-${digits(12)}-${from(WORD, 24)}`,
    () => `AIza${from(`${WORD}-_`, 35)}`,
    () => `hf_${from(`${LOWER}${UPPER}`, 34)}`,
    () => `npm_${from(WORD, 36)}`,
    () => `pypi-AgEIcHlwaS5vcmc${from(`${WORD}-_`, 60)}`,
    () => `SG.${from(WORD, 22)}.${from(WORD, 43)}`,
    () => `sk_live_${from(WORD, 24)}`,
    () => `rk_live_${from(WORD, 24)}`,
    () => `whsec_${from(WORD, 32)}`,
    () => `eyJhbGciOiJIUzI1NiJ9.eyJ${from(WORD, 30)}.${from(`${WORD}-_`, 43)}`,
    () => `dop_v1_${from(HEX, 64)}`,
    () => `gsk_${from(WORD, 52)}`,
    () => `r8_${from(WORD, 37)}`,
    () => `xai-${from(WORD, 80)}`,
    () => `pplx-${from(WORD, 48)}`,
    () => `tvly-${from(WORD, 32)}`,
    () => `lsv2_pt_${from(HEX, 32)}_${from(HEX, 10)}`,
    () => `shpat_${from(HEX, 32)}`,
    () => `ya29.${from(`${WORD}-_`, 60)}`,
  ],
};

/** What is said around a value; where a kind needs its name beside it to be told from any other number, the name is there. */
const FRAMES: Readonly<Record<'zh' | 'en', Readonly<Record<PersonalDataKind | 'other', readonly string[]>>>> = {
  zh: {
    'cn-id': [
      '乘机人王敏，{x}，成人票一张。',
      '身份证：{x}',
      '本人（{x}）授权同事代办。',
      '请核对公民身份号码{x}是否有误',
    ],
    'cn-mobile': ['打{x}就能找到我。', '手机：{x}', '紧急联系人李雷（{x}）', '短信已发至{x}，五分钟内有效'],
    'bank-card': ['把押金退到{x}。', '银行卡号：{x}', '我的建行卡{x}被锁了', '收款账号 {x}，户名陈静'],
    passport: ['护照号码：{x}', '他持有的护照是{x}，十年有效。', '护照 No.{x}', '请提供护照（{x}）首页复印件'],
    'cn-plate': ['{x}违停已拍照。', '车牌号：{x}', '预约车辆为{x}，司机姓周', '（{x}）请挪车'],
    'cn-credit-code': [
      '统一社会信用代码：{x}',
      '开票信息：杭州某某公司，{x}',
      '税号{x}，请勿写错。',
      '营业执照上的号是{x}。',
    ],
    email: ['请抄送{x}。', '邮箱 {x}', '（{x}）', '发到{x}就行'],
    secret: ['配置里写的是{x}', '密钥：{x}', '把 {x} 填到环境变量里。', '调试时用了“{x}”，记得作废'],
    other: [],
  },
  en: {
    'cn-id': [
      'Passenger Wang Min, {x}, one adult.',
      'Resident ID: {x}',
      'The holder ({x}) signed twice.',
      'Please check {x} against the register',
    ],
    'cn-mobile': [
      'Ring {x} at the gate.',
      'Mobile: {x}',
      'In an emergency: Li Lei ({x})',
      'A code was sent to {x}, valid five minutes',
    ],
    'bank-card': [
      'Refund the deposit to {x}.',
      'Card number: {x}',
      'My card {x} was blocked',
      'Pay with {x}, holder Chen Jing',
    ],
    passport: [
      'Passport number: {x}',
      'He travels on passport {x}, valid ten years.',
      'Passport No. {x}',
      'Please copy the passport ({x}) first page',
    ],
    'cn-plate': ['{x} was towed.', 'Number plate: {x}', 'The car is {x}, driver Zhou', '({x}) please move'],
    'cn-credit-code': [
      'Unified social credit code: {x}',
      'Invoice to Hangzhou Ltd., {x}',
      'Tax number {x}, do not mistype.',
      'The licence says {x}.',
    ],
    email: ['Please copy {x}.', 'E-mail {x}', '({x})', 'Send it to {x} please'],
    secret: ['The configuration has {x}', 'key: {x}', 'Put {x} into the environment.', 'I used "{x}" while debugging'],
    other: [],
  },
};

/** Secrets that are known by what stands beside them: the value in the middle. */
const NAMED_SECRETS: Readonly<Record<'zh' | 'en', readonly (readonly [string, () => string, string])[]>> = {
  zh: [
    ['数据库密码：', () => `${from(WORD, 8)}!${from(WORD, 3)}`, '，请妥善保管'],
    ['登录口令是', () => `${from(WORD, 6)}#${digits(4)}`, '。'],
    ['export DASHSCOPE_API_KEY=', () => from(WORD, 28), ''],
    ['postgres://app:', () => from(WORD, 12), '@10.0.0.5:5432/erp'],
    ['请求头 Authorization: Bearer ', () => from(WORD, 40), ''],
    ['webhook 地址 https://oapi.dingtalk.com/robot/send?access_token=', () => from(HEX, 64), ''],
  ],
  en: [
    ['password = "', () => `${from(WORD, 9)}$${from(WORD, 2)}`, '"'],
    ['aws_secret_access_key = ', () => from(`${WORD}/+`, 40), ''],
    ['client_secret: ', () => from(`${WORD}~-_`, 34), ''],
    ['mongodb+srv://root:', () => from(WORD, 14), '@cluster0.abcde.mongodb.net/'],
    ['curl -H "Authorization: Bearer ', () => from(WORD, 40), '" https://api.acme.example'],
    ['DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=', () => `${from(`${WORD}+/`, 86)}==`, ';'],
  ],
};

/** What looks like one of them and is none. */
const MISSES: readonly (() => string)[] = [
  () => `010-${digits(8)}`,
  () => `0571-8${digits(7)}`,
  () => `(021) 5${digits(3)} ${digits(4)}`,
  () => `400-${digits(3)}-${digits(4)}`,
  () => `800${digits(7)}`,
  () => `1${pick(['0', '1', '2'])}${digits(9)}`,
  () => mobileDigits().slice(0, 10),
  () => `${mobileDigits()}${digits(3)}`,
  () => {
    const body = idBody();
    return body + other('0123456789X', idCheck(body));
  },
  () => `${area()}19${digits(2)}13${digits(2)}${digits(4)}`,
  () => `99${digits(16)}`,
  () => {
    const body = `6222${digits(14)}`;
    return body + other('0123456789', luhnCheck(body));
  },
  () => {
    const body = `4${digits(14)}`;
    return body + other('0123456789', luhnCheck(body));
  },
  () => {
    const body = `91${area()}${from(CREDIT, 9)}`;
    return body + other(CREDIT, creditCheck(body));
  },
  () => `2026${two(1 + below(12))}${two(1 + below(28))}${two(below(24))}${two(below(60))}${two(below(60))}`,
  () => `2026-${two(1 + below(12))}-${two(1 + below(28))} ${two(below(24))}:${two(below(60))}`,
  () => `${two(1 + below(28))}.${two(1 + below(12))}.2026`,
  () => `SO-2026-${digits(6)}`,
  () => `P/N ${digits(4)}-${digits(3)}-${digits(4)}`,
  () => `${from(UPPER, 3)}${digits(8)}-${digits(2)}`,
  () => `XK${digits(3)}-${from(UPPER, 2)}-${digits(4)}`,
  () => `978-7-${digits(3)}-${digits(5)}-${digits(1)}`,
  () => `${digits(3)}.${digits(3)}.${digits(3)},${digits(2)}`,
  () => `¥${1 + below(9)},${digits(3)},${digits(3)}.${digits(2)}`,
  () => `0x${from(HEX, 16)}`,
  () => from(HEX, 40),
  () => `sha256:${from(HEX, 64)}`,
  () => `${from(HEX, 8)}-${from(HEX, 4)}-4${from(HEX, 3)}-a${from(HEX, 3)}-${from(HEX, 12)}`,
  () => `192.168.${below(256)}.${below(256)}:${1024 + below(60000)}`,
  () => `${from(HEX, 2)}:${from(HEX, 2)}:${from(HEX, 2)}:${from(HEX, 2)}:${from(HEX, 2)}:${from(HEX, 2)}`,
  () => `@${from(LOWER, 7)}`,
  () => `@${from(LOWER, 5)}/${from(LOWER, 6)}@${below(20)}.${below(9)}.${below(9)}`,
  () => `logo@${2 + below(2)}x.png`,
  () => `${from(LOWER, 4)}@${from(LOWER, 5)}`,
  () => `a @ ${from(LOWER, 4)} . com`,
  () => `${pick(PROVINCES)}${digits(6)}`,
  () => `${pick(PROVINCES)}${town()}${digits(3)}`,
  () => `${pick(PROVINCES)}${town()}${digits(8)}`,
  () => `LFV3A23C${digits(9)}`,
  () => `E${digits(5)}`,
  () => `Model G${digits(4)}`,
  () => `sk-${from(LOWER, 5)}`,
  () => `sk-learn ${1 + below(3)}.${below(9)}`,
  () => `key=${below(100)}`,
  () => `ghp_${from(WORD, 6)}`,
  () => `${from(LOWER, 12)}_${from(LOWER, 10)}_id`,
];
const NAMED_MISSES: Readonly<Record<'zh' | 'en', readonly (() => string)[]>> = {
  zh: [
    () => `订单编号：${mobileDigits()}`,
    () => `运单号${mobileDigits()}已签收`,
    () => `物料号 ${cardDigits()}`,
    () => `发票代码${digits(12)}，发票号码${digits(8)}`,
    () => `批次号：${digits(15)}`,
    () => `流水号 ${cardDigits()} 已入账`,
    () => `设备序列号${mobileDigits()}`,
    () => `座机 0755-${digits(8)} 转 ${digits(4)}`,
    () => '密码错误超过5次将锁定账号',
    () => '密码长度不少于12位，含大小写字母',
    () => '密码：见附件说明',
    () => '密码：********',
    () => 'api_key 由管理员分配',
    () => '令牌有效期为7200秒',
    () => `京东A${digits(5)}号仓`,
    () => `车间A${digits(5)}号工位`,
    () => `沪深300指数收于${digits(4)}点`,
    () => `图号 E${digits(8)}-02`,
    () => '护照需在有效期内六个月以上',
  ],
  en: [
    () => `order number ${mobileDigits()}`,
    () => `tracking no. ${mobileDigits()} was delivered`,
    () => `part number ${cardDigits()}`,
    () => `invoice ${digits(12)} of May`,
    () => `batch: ${digits(15)}`,
    () => `transaction id ${cardDigits()} booked`,
    () => `serial number ${mobileDigits()}`,
    () => `landline 0755-${digits(8)} ext. ${digits(4)}`,
    () => 'the password must have twelve characters',
    () => 'password: see the attached note',
    () => 'password: ********',
    () => 'API_KEY=$' + '{DASHSCOPE_API_KEY}',
    () => 'apiKey: process.env.MAAS_API_KEY',
    () => 'the token expires after 7200 seconds',
    () => 'token budget: 4000',
    () => 'secret: boolean',
    () => `drawing E${digits(8)}-02`,
    () => 'a passport must be valid for six months',
    () => 'password: <your password>',
  ],
};
const MISS_FRAMES: Readonly<Record<'zh' | 'en', readonly string[]>> = {
  zh: ['现场记录{x}，已确认。', '说明书第3页：{x}', '（{x}）', '{x}'],
  en: ['The log shows {x}, confirmed.', 'Page 3 says {x}', '({x})', '{x}'],
};

interface Case {
  readonly language: 'zh' | 'en';
  readonly kind?: PersonalDataKind;
  readonly text: string;
  readonly value: string;
}
function cases(language: 'zh' | 'en'): Case[] {
  const all: Case[] = [];
  for (const kind of Object.keys(FORMS) as PersonalDataKind[]) {
    const forms = FORMS[kind];
    const frames = FRAMES[language][kind];
    for (let index = 0; index < Math.max(48, forms.length * 3); index += 1) {
      const value = forms[index % forms.length]?.() ?? '';
      const frame = frames[(index + Math.floor(index / forms.length)) % frames.length] ?? '';
      all.push({ language, kind, value, text: frame.replace('{x}', () => value) });
    }
  }
  for (let index = 0; index < 36; index += 1) {
    const [before, make, after] = NAMED_SECRETS[language][index % 6] ?? ['', () => '', ''];
    const value = make();
    all.push({ language, kind: 'secret', value, text: before + value + after });
  }
  const frames = MISS_FRAMES[language];
  for (let index = 0; index < MISSES.length * 8; index += 1) {
    const value = MISSES[index % MISSES.length]?.() ?? '';
    const frame = frames[Math.floor(index / MISSES.length) % frames.length] ?? '';
    all.push({ language, value, text: frame.replace('{x}', () => value) });
  }
  for (let index = 0; index < NAMED_MISSES[language].length * 6; index += 1) {
    const value = NAMED_MISSES[language][index % NAMED_MISSES[language].length]?.() ?? '';
    const frame = frames[Math.floor(index / NAMED_MISSES[language].length) % frames.length] ?? '';
    all.push({ language, value, text: frame.replace('{x}', () => value) });
  }
  return all;
}

/** Where values stand in files and messages rather than in sentences; passports with their name beside them. */
const LAYOUTS: Readonly<Record<'zh' | 'en', readonly ((value: string, name: string) => string)[]>> = {
  zh: [
    (value, name) => `{"name":"王芳","${name}":"${value}","city":"杭州"}`,
    (value, name) => `姓名,${name},备注\n王芳,${name} ${value},无`,
    (value, name) => `| ${name} | ${value} | 已核 |`,
    (value, name) => `2026-11-03 10:22:31 INFO 提交 ${name}=${value} 耗时 35ms`,
    (value, name) => `客户：你好\n客服：请提供${name}\n客户：${name}${value}\n客服：收到`,
    (value, name) => `${name}：\t${value}\n住址：浙江省杭州市西湖区文三路 90 号`,
    (value, name) => `<td>${name}</td><td>${value}</td>`.replace('</td><td>', ' '),
    (value, name) => `1、${name}${value}；2、无`,
    (value, name) => `“${name}”是“${value}”`,
    (value, name) => `[${name}](${value})`.replace('](', ' ').replace('[', '【').replace(')', '】'),
  ],
  en: [
    (value, name) => `{"name":"Fang Wang","${name}":"${value}","city":"Hangzhou"}`,
    (value, name) => `name;${name};note\nWang;${name} ${value};none`,
    (value, name) => `| ${name} | ${value} | checked |`,
    (value, name) => `2026-11-03 10:22:31 INFO submit ${name}=${value} took=35ms`,
    (value, name) => `> Agent: your ${name}?\n> Customer: my ${name}: ${value}\n> Agent: thanks`,
    (value, name) => `${name}:\t${value}\nStreet: 90 Wensan Road`,
    (value, name) => `- ${name} = '${value}'\n- none`,
    (value, name) => `1) ${name} ${value}; 2) none`,
    (value, name) => `The ${name} of Ms Wang is *${value}*.`,
    (value, name) => `${name} <${value}>`,
  ],
};
const NAMES: Readonly<Record<'zh' | 'en', Readonly<Record<PersonalDataKind, string>>>> = {
  zh: {
    'cn-id': '身份证号',
    'cn-mobile': '手机号',
    'bank-card': '卡号',
    passport: '护照号',
    'cn-plate': '车牌',
    'cn-credit-code': '信用代码',
    email: '邮箱',
    secret: '密钥',
  },
  en: {
    'cn-id': 'id_card',
    'cn-mobile': 'mobile',
    'bank-card': 'card',
    passport: 'passport',
    'cn-plate': 'plate',
    'cn-credit-code': 'credit_code',
    email: 'email',
    secret: 'api_key',
  },
};
const LAYOUT_MISSES: readonly (() => string)[] = [
  () => `{"ts":17${digits(11)},"ms":${digits(5)}}`,
  () => `lat=30.${digits(9)} lon=120.${digits(9)}`,
  () => `EAN 69${digits(11)}`,
  () => `IMEI: 86${digits(13)}`,
  () => `ICCID 8986${digits(16)}`,
  () => `GET /v1/items/${digits(6)}?page=${below(99)}&size=50 200 ${digits(4)}`,
  () => `commit ${from(HEX, 40)}`,
  () => `chatcmpl-${from(WORD, 29)}`,
  () => `call_${from(WORD, 24)}`,
  () => `req_${from(WORD, 24)}`,
  () => `etag: "${from(HEX, 32)}"`,
  () => `integrity sha512-${from(`${WORD}+/`, 86)}==`,
  () => `data:image/png;base64,iVBORw0KGgo${from(`${WORD}+/`, 60)}`,
  () => `--color-${from(LOWER, 6)}: #${from(HEX, 6)};`,
  () => `M8x1.25-6g 35±0.05 ${digits(2)}.${digits(3)}`,
  () => `GB/T ${digits(5)}-20${digits(2)}`,
  () => `ISO ${digits(4)}-1:20${digits(2)}`,
  () => `Q345B ${digits(4)}×${digits(4)}×${digits(2)}`,
  () => `1:${digits(5)} ${digits(3)}/${digits(4)}`,
  () => `${digits(4)} ${digits(3)} ${digits(4)}`.replace(/^1/, '2'),
  () => `0${digits(2)}-${digits(4)} ${digits(4)}`,
  () => `+49 30 ${digits(8)}`,
  () => `+1 (415) ${digits(3)}-${digits(4)}`,
  () => `DE${digits(2)} ${digits(4)} ${digits(4)} ${digits(4)} ${digits(4)} ${digits(2)}`,
  () => `const password = readPassword(stdin)`,
  () => `if (token !== expectedToken) throw`,
  () => `password_hash VARCHAR(255) NOT NULL`,
  () => `secretKeyRef: { name: db, key: password }`,
  () => `passwordField.setText("")`,
  () => `用户须在首次登录后修改密码并妥善保管`,
  () => `keyboard layout 101_en-US`,
  () => `access token lifetime 3600s, refresh token lifetime 86400s`,
  () => `image@sha256:${from(HEX, 64)}`,
  () => `user@${from(LOWER, 6)}:~/src$ ls`,
  () => `@Override public void run${digits(2)}()`,
  () => `苏果超市A${digits(5)}`,
  () => `云服务器S5${digits(4)}`,
  () => `新A${digits(2)}线路`,
];
function layouts(language: 'zh' | 'en'): Case[] {
  const all: Case[] = [];
  for (const kind of Object.keys(FORMS) as PersonalDataKind[]) {
    const forms = FORMS[kind];
    const ways = LAYOUTS[language];
    for (let index = 0; index < Math.max(50, forms.length * 2); index += 1) {
      const value = forms[index % forms.length]?.() ?? '';
      const way = ways[(index + Math.floor(index / forms.length)) % ways.length];
      all.push({ language, kind, value, text: way?.(value, NAMES[language][kind]) ?? '' });
    }
  }
  for (let index = 0; index < LAYOUT_MISSES.length * 9; index += 1) {
    const value = LAYOUT_MISSES[index % LAYOUT_MISSES.length]?.() ?? '';
    const text =
      [value, language === 'zh' ? `日志：${value}` : `log: ${value}`, `\n${value}\n`][
        Math.floor(index / LAYOUT_MISSES.length) % 3
      ] ?? '';
    all.push({ language, value, text });
  }
  return all;
}

/** A megabyte each, made to be slow. */
const MEGABYTE = 1_000_000;
const fill = (piece: string) => piece.repeat(Math.ceil(MEGABYTE / piece.length)).slice(0, MEGABYTE);
const HOSTILE: Readonly<Record<string, () => string>> = {
  'one run of digits': () => fill('1'),
  'digits that begin like mobiles': () => fill('138'),
  'digits with blanks': () => fill('1 3 8 '),
  'digits in fours': () => fill('6222 '),
  'digits with hyphens': () => fill('4-'),
  'at signs': () => fill('@'),
  'letters and at signs': () => fill('a@'),
  'letters, dots and at signs': () => fill('a.b@c.'),
  'one long local part': () => `${fill('a.').slice(0, MEGABYTE - 1)}@`,
  'one long domain': () => `a@${fill('a-')}`,
  'nested separators': () => fill('((--..__'),
  'full-width digits': () => fill('１３８'),
  'Chinese digits': () => fill('一三八〇'),
  'Arabic digits': () => fill('١٣٨٠'),
  'provinces and letters': () => fill('京A京B'),
  'password names': () => fill('password: '),
  'password names in Chinese': () => fill('密码：'),
  'equal signs and quotes': () => fill('key="'),
  'beginnings of keys': () => fill('sk-ghp_AKIAeyJ'),
  'dots of tokens': () => fill('eyJ.eyJ.'),
  'addresses with passwords': () => fill('a://b:c'),
  'private keys': () => fill('-----BEGIN PRIVATE KEY-----'),
  'letters of one alphabet': () => fill('abcdefghij'),
  'hexadecimal digits': () => fill('0123456789abcdef'),
  blanks: () => fill(' '),
  lines: () => fill('\n'),
  surrogates: () => fill('😀1'),
  passports: () => fill('passport E1 护照 '),
  'credit codes': () => fill('91330100MA2'),
  emails: () => fill('ab@cd.ef '),
  mobiles: () => fill('13800138000 '),
};

interface Tally {
  positives: number;
  found: number;
  false: number;
  misses: number;
  missed: string[];
  wrong: string[];
}
const SETS = { sentences: cases, layouts };
const results: Record<string, Tally & { precision: number; recall: number; byKind: Record<string, string> }> = {};
for (const [set, make] of Object.entries(SETS))
  for (const language of ['zh', 'en'] as const) {
    const tally: Tally = { positives: 0, found: 0, false: 0, misses: 0, missed: [], wrong: [] };
    const byKind: Record<string, { of: number; found: number }> = {};
    for (const { kind, text, value } of make(language)) {
      const matches = findPersonalData(text);
      const at = text.indexOf(value);
      const own =
        kind === undefined
          ? []
          : matches.filter((match) => match.kind === kind && match.start < at + value.length && match.end > at);
      const strange = matches.filter((match) => !own.includes(match));
      if (kind === undefined) tally.misses += 1;
      else {
        const count = byKind[kind] ?? { of: 0, found: 0 };
        byKind[kind] = count;
        tally.positives += 1;
        count.of += 1;
        if (own.some(({ start, end }) => start <= at && end >= at + value.length)) {
          tally.found += 1;
          count.found += 1;
        } else tally.missed.push(`${kind}: ${text}`);
      }
      if (strange.length > 0) {
        tally.false += 1;
        tally.wrong.push(
          `${strange.map((match) => `${match.kind} ${text.slice(match.start, match.end)}`).join(', ')} in: ${text}`,
        );
      }
    }
    results[`${set}, ${language}`] = {
      ...tally,
      precision: tally.found / (tally.found + tally.false),
      recall: tally.found / tally.positives,
      byKind: Object.fromEntries(Object.entries(byKind).map(([kind, { of, found }]) => [kind, `${found} of ${of}`])),
    };
  }
findPersonalData(fill('warm up 13800138000 a@b.cn ').slice(0, 50_000));
const hostile = Object.fromEntries(
  Object.entries(HOSTILE).map(([name, make]) => {
    const text = make();
    const before = process.cpuUsage();
    findPersonalData(text);
    const { user, system } = process.cpuUsage(before);
    return [name, Math.round((user + system) / 1000)];
  }),
);
const slowest = Math.max(...Object.values(hostile));
const summary = {
  seed,
  sets: Object.fromEntries(
    Object.entries(results).map(([language, { positives, found, misses, false: wrong, precision, recall, byKind }]) => [
      language,
      {
        positives,
        found,
        nearMisses: misses,
        falseMatches: wrong,
        precision: Number(precision.toFixed(4)),
        recall: Number(recall.toFixed(4)),
        byKind,
      },
    ]),
  ),
  hostileMegabyteCpuMs: { slowest, ...hostile },
};
console.log(JSON.stringify(summary, null, 2));
for (const { missed, wrong } of Object.values(results))
  console.log(
    [...missed.map((line) => `missed ${line}`), ...wrong.map((line) => `false ${line}`)].slice(0, 120).join('\n'),
  );
if (process.argv[3] !== undefined) writeFileSync(process.argv[3], `${JSON.stringify(summary, null, 2)}\n`);
process.exitCode =
  Object.values(results).every(({ precision, recall }) => precision >= 0.98 && recall >= 0.98) && slowest < 200 ? 0 : 1;
