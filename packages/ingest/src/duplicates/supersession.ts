import { sentenceSpans } from '@fieldkit/core';
import { codesIn, type DocumentIdentity, foldCode, HEAD_LENGTH } from './document-identity.ts';
import { compareMarks, marksIn, readName } from './version-marks.ts';

/** A sentence in which a document says what becomes of another. */
export interface Statement {
  /** Index of the document that says it. */
  readonly by: number;
  /** Index of the document that is out of force. */
  readonly older: number;
  /** Index of the document that takes its place; absent when a third document only reports that it is out of force. */
  readonly newer?: number;
  /** The sentence, as in the document. */
  readonly quote: string;
  /** UTF-16 offsets in the document's text; absent when it stands in a running head. */
  readonly start?: number;
  readonly end?: number;
}

const ACTIVE =
  /\b(?:replaces|supersedes|cancels(?: and replaces)?|withdraws|obsoletes|replacing|superseding)\b|(?:现予|特此)?(?:代替|取代|替代|替换)/gi;
const PASSIVE = /\b(?:superseded|replaced|withdrawn|cancelled) by\b/i;
const PASSIVE_HAN = /(?:被|由)(.{2,80}?)(?:所)?(?:代替|取代|替代)/;
const ENDED =
  /\b(?:is|are|has been|have been|hereby)\s+(?:hereby\s+)?(?:withdrawn|cancelled|rescinded|repealed|superseded(?! by)|no longer valid)\b|废止|失效|停止执行|作废/i;
/** Another noun does the replacing: "the spring that replaces …". */
const RELATIVE = /\b(?:that|which|who)\s+$/i;
const ABOUT_ITSELF =
  /\bthis (?:\w+ )?(?:document|manual|bulletin|policy|procedure|version|edition|revision|guide|notice|instruction|standard|specification|handbook|sheet|list)\b/i;
const ABOUT_ITSELF_HAN =
  /本(?:办法|规定|细则|手册|通知|制度|文件|标准|规程|规范|指南|条例|准则|章程|方案|流程|通报|版)|自.{4,20}起(?:施行|实施|执行|生效)/;

/** Every statement of the documents about one another; documents are told by number, quoted title, name, or their own older version. */
export function findStatements(identities: readonly DocumentIdentity[]): Statement[] {
  return identities.flatMap((identity, by) => statementsOf(identity, by, identities));
}

function statementsOf(identity: DocumentIdentity, by: number, all: readonly DocumentIdentity[]): Statement[] {
  const { text, metadata } = identity.document;
  const running = Array.isArray(metadata.runningHeads) ? metadata.runningHeads : [];
  const lines = [
    ...sentenceSpans(text).map(({ start, end }) => ({
      quote: text.slice(start, end),
      start,
      end,
      head: start < HEAD_LENGTH,
    })),
    ...running.map((quote) => ({ quote, start: undefined, end: undefined, head: true })),
  ];
  const found: Statement[] = [];
  for (const { quote, start, end, head } of lines) {
    const span = start === undefined ? {} : { start, end };
    // A line break inside a number or a Chinese word is none of its own.
    const line = quote
      .replace(/(?<=[\p{Script=Han}〔〕《》\d])\s+(?=[\p{Script=Han}〔〕《》\d])/gu, '')
      .replace(/\s+/g, ' ');
    for (const { older, newer } of readSentence(line, head, by, all)) {
      if (older === newer || found.some((known) => known.older === older && known.newer === newer)) continue;
      found.push({ by, older, ...(newer === undefined ? {} : { newer }), quote, ...span });
    }
  }
  return found;
}

function readSentence(
  line: string,
  head: boolean,
  by: number,
  all: readonly DocumentIdentity[],
): { older: number; newer?: number }[] {
  const self = ABOUT_ITSELF.test(line) || ABOUT_ITSELF_HAN.test(line);
  const passive = PASSIVE.exec(line);
  if (passive !== null) {
    const clause = line.slice(passive.index + passive[0].length);
    const [newer = namesItself(clause, all[by]) ? by : undefined] = resolveTargets(clause, by, all);
    const [older = head || self ? by : undefined] = resolveTargets(line.slice(0, passive.index), by, all);
    return newer === undefined || older === undefined ? [] : [{ older, newer }];
  }
  const passiveHan = PASSIVE_HAN.exec(line);
  if (passiveHan !== null) {
    const clause = passiveHan[1] ?? '';
    const [newer = namesItself(clause, all[by]) ? by : undefined] = resolveTargets(clause, by, all);
    const [older = head || self ? by : undefined] = resolveTargets(line.slice(0, passiveHan.index), by, all);
    if (newer !== undefined && older !== undefined) return [{ older, newer }];
  }
  const results: { older: number; newer?: number }[] = [];
  for (const match of line.matchAll(ACTIVE)) {
    if (RELATIVE.test(line.slice(0, match.index)) || !(head || self)) continue;
    const targets = resolveTargets(line.slice(match.index + match[0].length, match.index + 200), by, all);
    results.push(...targets.map((older) => ({ older, newer: by })));
  }
  const ended = ENDED.exec(line);
  if (ended !== null && results.length === 0) {
    for (const older of resolveTargets(line.slice(0, ended.index), by, all)) {
      const sameName = all[by]?.names.some(({ key }) => all[older]?.names.some((other) => other.key === key)) === true;
      results.push(self || sameName ? { older, newer: by } : { older });
    }
  }
  return results;
}

/** The other documents that a clause names, best first: by number, by quoted title, by name, as an older version of the one that speaks. */
function resolveTargets(clause: string, by: number, all: readonly DocumentIdentity[]): number[] {
  const speaker = all[by];
  if (speaker === undefined) return [];
  const others = all
    .map((identity, index) => ({ identity, index }))
    .filter(({ index, identity }) => index !== by && identity.document.tenant === speaker.document.tenant);

  const codes = codesIn(clause);
  const byCode = codes.flatMap((code) => {
    const owners = others.filter(({ identity }) => identity.codes.some((own) => own === code || isHanCode(own, code)));
    // Documents quote one another's numbers in their heads: the one whose file or title carries it owns it.
    const named = owners.filter(({ identity: { document } }) =>
      foldCode(`${document.title}\n${document.uri}`).includes(code),
    );
    const best = named.length > 0 ? named : owners;
    return best.length === 1 ? best.map(({ index }) => index) : [];
  });

  const quoted = Array.from(
    clause.matchAll(/《([^《》]{2,80}(?:《[^《》]*》[^《》]*)?)》|[“"]([^“”"]{4,80})[”"]/g),
    (match) => readName(match[1] ?? match[2] ?? ''),
  );
  const byTitle = quoted.flatMap((name) => {
    const same = others.filter(({ identity }) => identity.names.some(({ key }) => key === name.key));
    const exact = same.filter(({ identity }) => compareMarks(identity.marks, name.marks) === 0);
    if (exact.length > 0) return exact.map(({ index }) => index);
    if (name.marks.length === 0 && !speaker.names.some(({ key }) => key === name.key))
      return same.map(({ index }) => index);
    // Its own name without a mark means the older ones; with a mark that nobody bears, a document that is not here.
    return name.marks.length > 0
      ? []
      : same.filter(({ identity }) => isOlder(identity, speaker)).map(({ index }) => index);
  });

  const marks = marksIn(clause.slice(0, 60));
  const ownFamily = others.filter(({ identity }) => sharesName(identity, speaker));
  const byMark =
    marks.length === 0
      ? []
      : ownFamily.filter(({ identity }) => compareMarks(identity.marks, marks) === 0).map(({ index }) => index);

  const folded = ` ${readName(clause).key} `;
  const byName =
    byCode.length + byTitle.length > 0
      ? []
      : others
          .filter(
            ({ identity }) =>
              identity.names.some(({ key }) => key.split(' ').length >= 2 && folded.includes(` ${key} `)) &&
              isOlder(identity, speaker),
          )
          .map(({ index }) => index);
  return [...new Set([...byCode, ...byTitle, ...byMark, ...byName])];
}

/** Nothing separates the issuer of a Chinese number from the words before it: `由澜泊财〔2026〕14号`. */
function isHanCode(left: string, right: string): boolean {
  return left.includes('〔') && right.includes('〔') && (left.endsWith(right) || right.endsWith(left));
}

function namesItself(clause: string, speaker: DocumentIdentity | undefined): boolean {
  if (speaker === undefined) return false;
  if (ABOUT_ITSELF.test(clause) || ABOUT_ITSELF_HAN.test(clause)) return true;
  const codes = codesIn(clause);
  return (
    speaker.codes.some((code) => codes.includes(code)) ||
    speaker.names.some(({ key }) => readName(clause).key.includes(key))
  );
}

function sharesName(left: DocumentIdentity, right: DocumentIdentity): boolean {
  return left.names.some(({ key }) => right.names.some((other) => other.key === key));
}

function isOlder(left: DocumentIdentity, right: DocumentIdentity): boolean {
  const byMark = compareMarks(left.marks, right.marks);
  if (byMark !== undefined && byMark !== 0) return byMark < 0;
  return left.date !== undefined && right.date !== undefined && left.date < right.date;
}
