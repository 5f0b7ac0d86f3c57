import { creditCodeCheck, isDay, passesLuhn, residentIdCheck } from './check-digits.ts';

/** Kinds of personal data and secrets that rules can tell. */
export const personalDataKinds = [
  'cn-id',
  'cn-mobile',
  'bank-card',
  'passport',
  'cn-plate',
  'cn-credit-code',
  'email',
  'secret',
] as const;
export type PersonalDataKind = (typeof personalDataKinds)[number];

export interface PersonalDataMatch {
  readonly kind: PersonalDataKind;
  /** UTF-16 offsets in the text, `end` exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface FindPersonalDataOptions {
  /** Default: all. */
  readonly kinds?: readonly PersonalDataKind[];
}

interface Rule {
  readonly kind: PersonalDataKind;
  /**
   * Global; group `value`, when there is one, is what is personal. A match begins at a character that few texts have much of, never at a
   * common word with a search after it; repetitions are bounded and can be read in one way only. So a text costs no more than its length
   * times a small constant, whoever wrote it.
   */
  readonly pattern: RegExp;
  /** Decides on a candidate; `before` and `after` are up to 24 code units around it. */
  readonly accept?: (value: string, before: string, after: string) => boolean;
}

const CONTEXT = 24;
/** Nothing shorter is personal data: a number plate is the shortest, then an address `a@b.cd`. */
const SHORTEST = 6;

/** A number that its context calls an order, serial or document number is none of a person's. */
const OTHER_NUMBER =
  /(?:订单|单号|编号|流水|序列|批次|批号|物料|料号|合同|发票|工单|型号|货号|图号|表号|设备号|条码|快递|运单|资产|版本|校验|交易|凭证|order|serial|invoice|ticket|batch|lot|part|item|sku|tracking|reference|ref|case|asset|contract|barcode|build|version|checksum|timestamp|model|transaction|txn|trace|waybill|parcel|meter|imei|iccid|ean|gtin|isbn|s\/n|sn)[\p{L} _.#№]{0,12}[:：#]?\s*(?:is|was|为|是)?\s*$/iu;
const digitsOf = (value: string): string => value.replace(/\D/g, '');
const notOther = (before: string): boolean => !/\p{L}|#|№/u.test(before) || !OTHER_NUMBER.test(before);

/** First two digits of an administrative division code (GB/T 2260). */
const PROVINCES = new Set(
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83'.split(' '),
);
const FILE_ENDINGS =
  /\.(?:png|jpe?g|gif|svg|webp|ico|js|ts|css|json|md|html?|pdf|docx?|xlsx?|txt|zip|local|internal)$/i;

/**
 * Keys that their beginning tells, as their makers document them: model providers, clouds, code hosts, payment, mail and chat services. Each
 * begins with letters of its own, so that a text without them costs one comparison at each of its words.
 */
const KEYS = [
  'sk-[A-Za-z0-9_-]{20,200}', // OpenAI, Anthropic, DashScope, DeepSeek, Moonshot, OpenRouter, Langfuse
  '(?:xai|pplx|tvly)-[A-Za-z0-9_-]{20,200}|gsk_[A-Za-z0-9]{20,100}|hf_[A-Za-z0-9]{30,60}|r8_[A-Za-z0-9]{30,60}|pcsk_[A-Za-z0-9_]{40,120}|lsv2_[a-z]{2}_[0-9a-f]{32}_[0-9a-f]{10}',
  '(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}|LTAI[A-Za-z0-9]{12,24}|STS\\.[A-Za-z0-9]{20,60}|AKID[A-Za-z0-9]{28,40}|AKLT[A-Za-z0-9+/=_-]{30,80}|(?:bce-v3/)?ALTAK-[A-Za-z0-9]{16,40}(?:/[0-9a-f]{40})?', // AWS, Aliyun, Tencent, Volcengine, Baidu
  'AIza[0-9A-Za-z_-]{35}|ya29\\.[A-Za-z0-9_-]{20,300}|GOCSPX-[A-Za-z0-9_-]{28}|do[opr]_v1_[0-9a-f]{64}|dapi[0-9a-f]{32}(?:-\\d)?|hv[sb]\\.[A-Za-z0-9_-]{24,300}',
  'gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|gl(?:pat|ptt|dt|rt|cbt|oas|soat|agent|ft|imt)-[A-Za-z0-9_-]{20,300}|ATATT3[A-Za-z0-9_=-]{60,300}',
  'npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{40,400}|rubygems_[0-9a-f]{48}|dckr_[po]at_[A-Za-z0-9_-]{24,60}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|NRAK-[A-Z0-9]{27}|sntry[su]_[A-Za-z0-9+/=_-]{40,300}|gl(?:c|sa)_[A-Za-z0-9+/=_-]{30,200}',
  '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,200}|whsec_[A-Za-z0-9+/=]{24,80}|sq0[a-z]{3}-[A-Za-z0-9_-]{22,60}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}',
  'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{30,64}|key-[0-9a-f]{32}|[0-9a-f]{32}-us\\d{1,2}|SK[0-9a-f]{32}|xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}',
  'xox[abeprs]-[A-Za-z0-9.-]{10,200}|xapp-\\d-[A-Za-z0-9-]{20,200}|\\d{8,10}:AA[A-Za-z0-9_-]{32,34}',
  'ntn_[A-Za-z0-9]{40,60}|secret_[A-Za-z0-9]{40,60}|lin_api_[A-Za-z0-9]{32,60}|figd_[A-Za-z0-9_-]{36,60}|pat[A-Za-z0-9]{14}\\.[0-9a-f]{64}|sbp_[0-9a-f]{40}|AGE-SECRET-KEY-1[0-9A-Z]{58}',
  'eyJ[A-Za-z0-9_-]{10,2000}\\.eyJ[A-Za-z0-9_-]{10,4000}\\.[A-Za-z0-9_-]{10,1000}', // JSON web tokens
].join('|');

/** Whether it looks drawn by lot or made to be hard to guess: a word of prose, a name in a program or a place to fill in is no password. */
function looksSecret(value: string): boolean {
  if (!/[A-Za-z]/.test(value) || NO_SECRET.some((pattern) => pattern.test(value))) return false;
  return /\d/.test(value) || /[A-Za-z].*[!@#$%^&*+=]/.test(value) || (value.match(/[a-z][A-Z]/g) ?? []).length >= 3;
}

/** An address, where a program takes a value from, two words, the name of a variable. */
const NO_SECRET = [
  /^(?:https?:|\.{1,2}\/|(?:process\.env|os\.environ|env|secrets?|config|settings|vars?|input|self|this)[.([])/i,
  /^[a-z]+[-_.][a-z]+\d?$/i,
  /^[$%]?[A-Z][A-Z0-9_]*$/,
];

const RULES: readonly Rule[] = [
  {
    kind: 'secret',
    pattern: new RegExp(
      `-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\\s\\S]){0,8000}-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----|(?<![A-Za-z0-9_-])(?:${KEYS})(?![A-Za-z0-9_-])`,
      'g',
    ),
  },
  {
    kind: 'secret', // of an address: postgres://app:hunter2@host
    pattern: /:\/\/[^\s:/@?#'"<>]{0,64}:(?<value>[^\s:/@?#'"<>${}*]{3,128})@(?=[A-Za-z0-9[])/g,
  },
  {
    kind: 'secret', // who has the address of a chat robot may write in its name
    pattern:
      /(?:hooks\.slack\.com\/services\/|\/api\/webhooks\/|\/open-apis\/bot\/v2\/hook\/|\/webhook\/send\?key=|\/robot\/send\?access_token=|[?&]sig=)(?<value>[A-Za-z0-9_%/-]{20,200})/g,
  },
  {
    kind: 'secret',
    pattern:
      /(?:pass(?:word|wd|phrase)|pwd|secret(?:[_ -]?(?:access)?[_ -]?key)?|(?:api|access|account|private|signing|encryption|master|shared[_ -]?access|auth)[_ -]?key|(?:access|auth|refresh|session|bot|bearer|id)[_ -]?token|authorization|bearer|密码|口令|密钥|令牌)["'”]?\s{0,3}(?:is|was|为|是)?\s{0,3}[:=：]?\s{0,3}(?:(?:Bearer|Basic|Token)\s)?["'“]?(?<![A-Za-z0-9])(?<value>[A-Za-z0-9!@#$%^&*_+/=.~-]{8,200})/gi,
    accept: looksSecret,
  },
  {
    kind: 'email',
    pattern:
      /(?<![A-Za-z0-9._%+-])[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_+-])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24}(?![A-Za-z0-9-])/g,
    accept: (value, before, after) =>
      !FILE_ENDINGS.test(value) && !value.includes('..') && !/^:[\w~]/.test(after) && !/:\/\/$/.test(before),
  },
  {
    kind: 'cn-id',
    pattern: /(?<![0-9A-Za-z])[1-8]\d{5}[ -]?(?:19|20)\d\d[ -]?\d{4}[ -]?\d{3}[0-9Xx](?![0-9A-Za-z])/g,
    accept(value) {
      const id = value.replace(/[ -]/g, '').toUpperCase();
      return (
        PROVINCES.has(id.slice(0, 2)) && isDay(id.slice(6, 14)) && residentIdCheck(id.slice(0, 17)) === id.charAt(17)
      );
    },
  },
  {
    kind: 'cn-id', // the 15 digits of before 1999 have no check digit: only where the text says what they are
    pattern: /(?<![0-9A-Za-z])[1-8]\d{14}(?![0-9A-Za-z])/g,
    accept: (value, before) =>
      PROVINCES.has(value.slice(0, 2)) &&
      isDay(`19${value.slice(6, 12)}`) &&
      /(?:身份证|证件|\bID\b)[^\d]{0,12}$/i.test(before),
  },
  {
    kind: 'cn-credit-code', // who registers, and what (GB 32100-2015, table 1)
    pattern:
      /(?<![0-9A-Za-z])(?:[15N][1239]|3[1-59]|[24678A][129]|9[123]|Y1)\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])/gi,
    accept(value) {
      const code = value.toUpperCase();
      // One number in 31 passes the check: without a letter its region has to be one, too; 10 is the state.
      const placed = /[A-Z]/.test(code) || code.slice(2, 4) === '10' || PROVINCES.has(code.slice(2, 4));
      return placed && creditCodeCheck(code.slice(0, 17)) === code.charAt(17);
    },
  },
  {
    kind: 'bank-card',
    pattern:
      /(?<![0-9A-Za-z.+-])[2-6]\d{3}(?:[ -]\d{4}){2}[ -]\d{1,4}(?:[ -]\d{1,3})?(?![0-9A-Za-z]|[ -]\d)|(?<![0-9A-Za-z.+-])3[47]\d{2}[ -]\d{6}[ -]\d{5}(?![0-9A-Za-z])|(?<![0-9A-Za-z.])[2-6]\d{12,18}(?![0-9A-Za-z]|\.\d)/g,
    accept: (value, before) => isCard(digitsOf(value)) && notOther(before),
  },
  {
    kind: 'cn-mobile',
    pattern:
      /(?<![0-9A-Za-z.-])(?:\((?:\+|00)86\)[ -]?|(?:\+|00)86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![0-9A-Za-z]|[.-]\d)/g,
    accept: (value, before) => !/^1(?:4[0-4]|[6]0|70\d{0}$)/.test(digitsOf(value).slice(-11)) && notOther(before),
  },
  {
    kind: 'passport', // no check digit: only where the text says what it is
    pattern: /(?<![0-9A-Za-z])(?:[A-Z]{1,2}\d{6,8}|\d{9}|[A-Z][0-9A-Z]{7,8})(?![0-9A-Za-z])/gi,
    accept: (value, before) =>
      /^(?=.*\d.*\d)[0-9A-Z]+$|^[a-z]{1,2}\d+$/.test(value) &&
      /(?:护照|passport)(?:\s{0,2}(?:no|nr)\.)?[^\d\n。.;；!?！？]{0,20}$/i.test(before),
  },
  {
    kind: 'cn-plate',
    pattern:
      /(?<![A-Za-z0-9])[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•. -]?(?:[DF][A-HJ-NP-Z0-9]\d{4}|\d{5}[DF]|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳])(?![A-Za-z0-9])/g,
    accept: (value) => /\d/.test(value.slice(2)),
  },
];

function isCard(digits: string): boolean {
  const { length } = digits;
  const scheme =
    (/^62/.test(digits) && length >= 16 && length <= 19) ||
    (digits.startsWith('4') && [13, 16, 19].includes(length)) ||
    (/^(?:5[1-5]|2[2-7])/.test(digits) && length === 16) ||
    (/^3[47]/.test(digits) && length === 15) ||
    (/^35/.test(digits) && length === 16) ||
    (/^(?:6011|64|65)/.test(digits) && length === 16);
  return scheme && passesLuhn(digits) && !/^(\d)\1+$/.test(digits);
}

/** Full-width letters, digits and signs, and the blanks and dashes of typesetters, as ASCII, one code unit for one. */
function narrow(text: string): string {
  if (!/[\uff01-\uff5e\u3000\u00a0\u2000-\u200a\u202f\u2010-\u2015\u2212]/.test(text)) return text;
  const units = new Uint16Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    units[index] = unit < 0xa0 ? unit : narrowUnit(unit);
  }
  return Buffer.from(units.buffer).toString('utf16le');
}

function narrowUnit(unit: number): number {
  if (unit >= 0xff01 && unit <= 0xff5e) return unit - 0xfee0;
  if (unit === 0x3000 || unit === 0xa0 || unit === 0x202f || (unit >= 0x2000 && unit <= 0x200a)) return 0x20;
  return unit === 0x2212 || (unit >= 0x2010 && unit <= 0x2015) ? 0x2d : unit;
}

/**
 * Personal data and secrets in a text, in order, without overlaps. Rules with check digits where the number has one: what fails its check
 * is not reported. Takes time in proportion to the text.
 */
export function findPersonalData(text: string, options: FindPersonalDataOptions = {}): PersonalDataMatch[] {
  const { kinds = personalDataKinds } = options;
  if (text.length < SHORTEST) return [];
  const plain = narrow(text);
  const found: PersonalDataMatch[] = [];
  for (const { kind, pattern, accept } of RULES) {
    if (!kinds.includes(kind)) continue;
    pattern.lastIndex = 0;
    if (!pattern.test(plain)) continue; // nearly always, and no iterator is made for it
    pattern.lastIndex = 0;
    for (const match of plain.matchAll(pattern)) {
      const value = match.groups?.value ?? match[0];
      const start = match.index + match[0].lastIndexOf(value);
      const end = start + value.length;
      if (accept !== undefined) {
        const before = plain.slice(Math.max(0, start - CONTEXT), start);
        if (!accept(value, before, plain.slice(end, end + CONTEXT))) continue;
      }
      found.push({ kind, start, end });
    }
  }
  // The rule that stands first wins where two cover the same text; sorting keeps the order of equals.
  const kept: PersonalDataMatch[] = [];
  let end = 0;
  for (const match of found.length > 1 ? found.sort((a, b) => a.start - b.start) : found) {
    if (match.start < end) continue;
    kept.push(match);
    end = match.end;
  }
  return kept;
}
