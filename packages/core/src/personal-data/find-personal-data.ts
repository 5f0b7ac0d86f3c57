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
  /(?:订单|单号|编号|流水|序列|批次|批号|物料|料号|合同|发票|工单|型号|货号|条码|快递|运单|资产|版本|校验|order|serial|invoice|ticket|batch|lot|part|item|sku|tracking|reference|ref|case|asset|contract|barcode|build|version|checksum|timestamp|model|s\/n|sn)[\p{L} _.#№]{0,12}[:：#]?\s*(?:is|was|为|是)?\s*$/iu;
const digitsOf = (value: string): string => value.replace(/\D/g, '');
const notOther = (before: string): boolean => !/\p{L}|#|№/u.test(before) || !OTHER_NUMBER.test(before);

/** First two digits of an administrative division code (GB/T 2260). */
const PROVINCES = new Set(
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83'.split(' '),
);
const FILE_ENDINGS =
  /\.(?:png|jpe?g|gif|svg|webp|ico|js|ts|css|json|md|html?|pdf|docx?|xlsx?|txt|zip|local|internal)$/i;

const RULES: readonly Rule[] = [
  {
    kind: 'secret',
    pattern:
      /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----)[\s\S]){0,8000}-----END [A-Z ]{0,30}PRIVATE KEY-----|(?<![A-Za-z0-9_-])(?:sk-[A-Za-z0-9_-]{20,200}|(?:AKIA|ASIA)[0-9A-Z]{16}|LTAI[A-Za-z0-9]{12,24}|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,60}|xox[abprs]-[A-Za-z0-9-]{10,200}|AIza[0-9A-Za-z_-]{35}|eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000})(?![A-Za-z0-9_-])/g,
  },
  {
    kind: 'secret',
    pattern:
      /(?:pass(?:word|wd|phrase)|pwd|secret(?:[_ -]?(?:access)?[_ -]?key)?|api[_ -]?key|access[_ -]?(?:key|token)|auth[_ -]?token|bearer|密码|口令|密钥|令牌)["'”]?\s{0,3}(?:is|was|为|是)?\s{0,3}[:=：]?\s{0,3}["'“]?(?<value>[A-Za-z0-9!@#$%^&*_+/=.~-]{8,200})/gi,
    // Letters with digits or signs: a word of prose is no password.
    accept: (value) =>
      /[A-Za-z]/.test(value) && /\d/.test(value) && !/^[a-z]+[-_.][a-z]+\d?$/i.test(value) && !/^https?:/.test(value),
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
    pattern: /(?<![0-9A-Za-z])[1-8]\d{5}[ -]?(?:19|20)\d{6}[ -]?\d{3}[0-9Xx](?![0-9A-Za-z])/g,
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
    kind: 'cn-credit-code',
    pattern: /(?<![0-9A-Za-z])[159AY][1-9]\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])/g,
    accept: (value) => creditCodeCheck(value.slice(0, 17)) === value.charAt(17),
  },
  {
    kind: 'bank-card',
    pattern:
      /(?<![0-9A-Za-z.+-])[2-6]\d{3}(?:[ -]\d{4}){2}[ -]\d{1,4}(?:[ -]\d{1,3})?(?![0-9A-Za-z]|[ -]\d)|(?<![0-9A-Za-z.+-])3[47]\d{2}[ -]\d{6}[ -]\d{5}(?![0-9A-Za-z])|(?<![0-9A-Za-z.])[2-6]\d{12,18}(?![0-9A-Za-z]|\.\d)/g,
    accept: (value, before) => isCard(digitsOf(value)) && notOther(before),
  },
  {
    kind: 'cn-mobile',
    pattern: /(?<![0-9A-Za-z.-])(?:(?:\+|00)86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![0-9A-Za-z]|[.-]\d)/g,
    accept: (value, before) => !/^1(?:4[0-4]|[6]0|70\d{0}$)/.test(digitsOf(value).slice(-11)) && notOther(before),
  },
  {
    kind: 'passport', // no check digit: only where the text says what it is
    pattern: /(?<![0-9A-Za-z])(?:[A-Z]{1,2}\d{6,8}|\d{9})(?![0-9A-Za-z])/gi,
    accept: (_, before) => /(?:护照|passport)(?:\s{0,2}(?:no|nr)\.)?[^\d\n。.;；!?！？]{0,20}$/i.test(before),
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

/** Full-width letters, digits and signs as ASCII, one code unit for one. */
function narrow(text: string): string {
  if (!/[\uff01-\uff5e\u3000]/.test(text)) return text;
  const units = new Uint16Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    units[index] = unit === 0x3000 ? 0x20 : unit >= 0xff01 && unit <= 0xff5e ? unit - 0xfee0 : unit;
  }
  return Buffer.from(units.buffer).toString('utf16le');
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
      const before = plain.slice(Math.max(0, start - CONTEXT), start);
      if (accept?.(value, before, plain.slice(end, end + CONTEXT)) === false) continue;
      found.push({ kind, start, end });
    }
  }
  if (found.length === 0) return found;
  // The rule that stands first wins where two cover the same text.
  const kept: PersonalDataMatch[] = [];
  const ranked = found.map((match, rank) => ({ ...match, rank })).sort((a, b) => a.start - b.start || a.rank - b.rank);
  for (const { kind, start, end } of ranked) if (start >= (kept.at(-1)?.end ?? 0)) kept.push({ kind, start, end });
  return kept;
}
