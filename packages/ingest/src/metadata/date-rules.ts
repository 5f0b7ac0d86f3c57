import { datesIn, type FoundDate } from '../duplicates/dates.ts';
import { type Introduction, ownPart } from './introduction.ts';

export interface Found {
  readonly value: string;
  /** The words that say so. */
  readonly quote: string;
}

export interface DocumentDates {
  readonly issued?: Found;
  readonly effective?: Found;
  readonly expires?: Found;
}

interface Rule {
  /** What stands right before the date. */
  readonly before?: RegExp;
  /** What stands right behind it. */
  readonly after?: RegExp;
}

const EFFECTIVE: readonly Rule[] = [
  { before: /(?:生效|施行|实施|执行|启用)(?:日期|时间|日)?\s*[:：为]?\s*$/ },
  { before: /(?:^|[^\p{Script=Han}]|[是由已将])自\s*$/u, after: /^\s*起[^。；]{0,6}(?:施行|实施|执行|生效|启用)/ },
  { after: /^\s*起\s*(?:正式)?(?:施行|实施|执行|生效|启用)/ },
  {
    before: /(?:有效|试行|执行|实施|合同)(?:期限?|时间)\s*(?:[:：为|])?\s*(?:自|从)?\s*$/,
    after: /^\s*(?:起\s*)?(?:至|到|[-–—~～])/,
  },
  {
    before:
      /\b(?:in force|effective|valid|applicable|applies|takes? effect|comes? into (?:force|effect)|in effect)\b(?:\s+date)?(?:\s+for\s[^.;·|]{3,60}?)?\s*(?:[:|]|(?:as\s+)?(?:from|of)\b|starting\b|since\b|on or after\b|on\b)?(?:\s+(?:from|of|after))?\s*$/i,
  },
  { before: /\b(?:start|commencement)\s+date\s*[:|]?\s*$/i },
];
const EXPIRES: readonly Rule[] = [
  { before: /(?:^|[|·;；　\s])(?:失效|到期|终止)(?:日期|时间|日)\s*[:：为|]?\s*$/ },
  { before: /有效期[限]?\s*[:：]?\s*(?:至|到)\s*$/ },
  { before: /(?:有效|试行|执行|实施|合同)(?:期限?|时间)[^。；\n]{0,24}(?:至|到|[-–—~～])\s*$/ },
  { after: /^\s*(?:起\s*)?(?:自动)?(?:失效|废止|终止)/ },
  { before: /\b(?:valid|in force|effective)\b(?:[^.;|]{0,40}?)\s(?:until|through|till|to|up to)\s*$/i },
  { before: /\b(?:valid|in force|effective)\b[^.;|]{0,30}\d{4}\s*[-–—]\s*$/i },
  { before: /\bexpir(?:es|y|ation)(?:\s+date)?(?:\s+on)?\s*[:|]?\s*$/i },
  { before: /\bend\s+date\s*[:|]?\s*$/i },
];
const ISSUED: readonly Rule[] = [
  { before: /(?:发布|印发|签发|发文|成文|颁布|制定|编制|出版|发行)(?:日期|时间|日)\s*[:：为]?\s*$/ },
  { after: /^\s*(?:印发|发布|颁布|签发|出版|公布|制定)/ },
  { before: /\b(?:issued|published|released|dated)(?:\s+on)?\s*[:|]?\s*$/i },
  {
    before:
      /\b(?:(?:issue|publication|release|document)\s+date|date\s+of\s+(?:issue|publication|release)|date)\s*[:|]\s*$/i,
  },
  { before: /(?:^|[|·;；　\s])日\s*期\s*[:：]\s*$/ },
  { before: /\b(?:edition|revision|version|issue)\s+[\w.-]{1,12}\s+(?:of|dated)\s*$/i },
  { before: /\b(?:last\s+)?(?:edited|updated|revised|amended)(?:\s+on)?\s*[:|]?\s*$/i },
  { before: /(?:更新|修订|修改)(?:日期|时间|于)\s*[:：]?\s*$/ },
];
/** A sentence of the body counts when the document speaks of itself. */
const ITSELF =
  /本(?:办法|规定|细则|制度|通知|通报|公告|手册|标准|规范|指引|指南|协议|合同|条例|规程|方案|表|文件|政策|清单|准则|守则)|\bthis\s+(?:\w+\s+)?(?:policy|procedure|manual|guide|bulletin|agreement|contract|document|notice|standard|instruction|price\s+list|edition|handbook|plan|directive|regulation|amendment)\b/i;

/** When a document was issued, holds from, and holds until, as far as it says so itself. ISO dates; a month alone is `2026-03`. */
export function documentDates(introduction: Introduction): DocumentDates {
  const { lines, plain, closing } = introduction;
  // Particulars stand in short lines and in rows of a table; in the body, only sentences about the document itself count.
  const own = [...plain, ...lines.filter((line) => line.includes(' | ') && line.length <= 120)].map(ownPart);
  const sentences = selfSentences(introduction.text);
  const issued =
    firstFound([...own, ...closing.map(ownPart)], ISSUED) ?? bareDate(plain.map(ownPart)) ?? signatureDate(closing);
  const effective =
    firstFound(own, EFFECTIVE) ??
    firstFound(sentences, EFFECTIVE) ??
    (issued === undefined ? undefined : fromIssue([...own, ...sentences], issued));
  const expires = firstFound(own, EXPIRES) ?? firstFound(sentences, EXPIRES);
  return {
    ...(issued !== undefined && { issued }),
    ...(effective !== undefined && { effective }),
    ...(expires !== undefined && { expires }),
  };
}

/** Rules in order of how plainly they speak; within one, the first line. */
function firstFound(lines: readonly string[], rules: readonly Rule[]): Found | undefined {
  for (const { before, after } of rules) {
    for (const line of lines) {
      for (const date of datesIn(line)) {
        if (before !== undefined && !before.test(line.slice(Math.max(0, date.start - 90), date.start))) continue;
        if (after !== undefined && !after.test(line.slice(date.end, date.end + 16))) continue;
        return { value: date.iso, quote: around(line, date) };
      }
    }
  }
  return undefined;
}

/** A part of an introducing line that is a date and nothing else: `Revision D · 2 March 2026`. */
function bareDate(lines: readonly string[]): Found | undefined {
  for (const line of lines.slice(0, 14)) {
    for (const part of line.split(/[|·•;；,，　]|\s{2,}|\s[–—-]\s/)) {
      const [date] = datesIn(part);
      if (date !== undefined && part.trim().length - (date.end - date.start) <= 2 && !/[自至到起止]/.test(part))
        return { value: date.iso, quote: around(line, offsetOf(line, part, date)) };
    }
  }
  return undefined;
}

function offsetOf(line: string, part: string, date: FoundDate): FoundDate {
  const at = Math.max(0, line.indexOf(part));
  return { ...date, start: at + date.start, end: at + date.end };
}

/** A letter or notice ends with its date below the name of who signs it. */
function signatureDate(closing: readonly string[]): Found | undefined {
  for (const line of closing.slice(-3).toReversed()) {
    const [date] = datesIn(line);
    if (date !== undefined && line.length - (date.end - date.start) <= 2) return { value: date.iso, quote: line };
  }
  return undefined;
}

/** `自发布之日起施行`: in force from the day of issue. */
function fromIssue(lines: readonly string[], issued: Found): Found | undefined {
  const pattern =
    /自(?:发布|印发|公布|颁布|签发)之日起[^。；]{0,4}(?:施行|实施|执行|生效)|\b(?:effective|takes effect|in force)\s+(?:immediately|upon (?:issue|publication))/i;
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match !== null) return { value: issued.value, quote: `${match[0]} (${issued.quote})` };
  }
  return undefined;
}

function selfSentences(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    if (!/\d{4}|之日起|年/.test(line)) continue;
    for (const sentence of line.split(/(?<=[。；;])|(?<=[.!?])\s+(?=\p{Lu})/u)) {
      if (sentence.length <= 400 && ITSELF.test(sentence)) found.push(ownPart(sentence));
    }
    if (found.length > 400) break;
  }
  return found;
}

/** The date with its neighbours, at most about 90 characters. */
function around(line: string, { start, end }: FoundDate): string {
  const from = Math.max(0, start - 48);
  const to = Math.min(line.length, end + 28);
  return `${from > 0 ? '…' : ''}${line.slice(from, to).trim()}${to < line.length ? '…' : ''}`;
}
