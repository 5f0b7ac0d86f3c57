import { headingNumber } from '../text/heading-number.ts';
import type { Found } from './date-rules.ts';
import { type Introduction, labelled } from './introduction.ts';

/** The word by which a document calls itself, as one of a small set of names. The longest match of a title's end wins in Chinese. */
const TYPES: readonly { readonly type: string; readonly zh: RegExp; readonly en: RegExp }[] = [
  { type: 'safety-data-sheet', zh: /安全(?:数据|技术)说明书/, en: /\b(?:material )?safety data sheets?\b|\bM?SDS\b/i },
  { type: 'data-sheet', zh: /数据表|规格书|参数表/, en: /\bdata\s?sheets?\b|\bspecification sheets?\b/i },
  { type: 'price-list', zh: /价目表|价格表|报价[单表]/, en: /\bprice lists?\b|\bquotation\b/i },
  { type: 'catalogue', zh: /目录册|产品目录|备件目录|样本/, en: /\bcatalog(?:ue)?\b/i },
  { type: 'faq', zh: /常见问题|问答|答疑/, en: /\bFAQs?\b|\bfrequently asked questions\b|\bquestions and answers\b/i },
  { type: 'bulletin', zh: /技术通报|服务通报|通报|简报/, en: /\bbulletin\b/i },
  { type: 'notice', zh: /通知|公告|通告|告知书|启事/, en: /\bnotice\b|\bannouncement\b|\bcircular\b/i },
  { type: 'minutes', zh: /会议纪要|纪要|会议记录/, en: /\bminutes\b/i },
  {
    type: 'contract',
    zh: /合同|协议书?|框架协议/,
    en: /\b(?:contract|agreement|terms and conditions|terms of (?:sale|service|use))\b/i,
  },
  { type: 'checklist', zh: /检查[单表]|核对表|点检表|清单/, en: /\bcheck\s?list\b/i },
  {
    type: 'procedure',
    zh: /规程|流程|程序文件|作业指导书|操作程序/,
    en: /\bprocedures?\b|\bwork instructions?\b|\bSOP\b|\binstructions?\b/i,
  },
  {
    type: 'policy',
    zh: /办法|规定|细则|制度|条例|准则|守则|政策/,
    en: /\bpolic(?:y|ies)\b|\bcode of conduct\b|\bregulations?\b/i,
  },
  { type: 'manual', zh: /手册|说明书/, en: /\bmanual\b|\bhandbook\b/i },
  { type: 'guide', zh: /指南|指引|口径|须知|教程/, en: /\bguide(?:lines?)?\b|\btutorial\b/i },
  { type: 'standard', zh: /标准|规范/, en: /\bstandard\b/i },
  { type: 'report', zh: /报告|白皮书|总结/, en: /\breport\b|\bwhite ?paper\b/i },
  { type: 'plan', zh: /方案|计划|规划|预案/, en: /\b(?:plan|proposal|roadmap)\b/i },
  { type: 'form', zh: /申请[表单]|登记表|审批表/, en: /\b(?:application )?form\b/i },
  { type: 'schedule', zh: /权限表|一览表|日程|时间表/, en: /\b(?:schedule|timetable)\b/i },
  {
    type: 'newsletter',
    zh: /内刊|[月季半年]刊|通讯|期刊|特刊|专[版刊]|第\s*\d+\s*期/,
    en: /\bnewsletter\b|\bmagazine\b/i,
  },
  { type: 'letter', zh: /函$|来函|复函/, en: /\bletter\b/i },
];

/** The kind of document by its own name for itself: title first, then the introducing lines, most plainly said first. */
export function documentType({ title, lines, plain }: Introduction, number?: string): Found | undefined {
  for (const line of lines) {
    const stated = labelled(line, /document type|type of document|文件类型|文档类型|文种/i);
    const type = stated === undefined ? undefined : typeIn(stated);
    if (type !== undefined) return { value: type, quote: line.slice(0, 160) };
  }
  // `Service Bulletin SB-2026-03`: what its number is the number of.
  const numbered = number === undefined ? [] : plain.filter((line) => line.includes(number)).slice(0, 4);
  for (const line of numbered) {
    const before = line.slice(0, line.indexOf(number ?? '')).trimEnd();
    const match = lastMatch(before);
    if (match !== undefined && match.end === before.length) return { value: match.type, quote: line.slice(0, 160) };
  }
  const short = plain
    .filter((line) => line.length <= 80 && !/[。.!?！？；;]$/.test(line) && headingNumber(line) === undefined)
    .slice(0, 12);
  for (const line of [title, ...short]) {
    const type = typeIn(line);
    if (type !== undefined) return { value: type, quote: line.slice(0, 160) };
  }
  return undefined;
}

/** In Chinese the last noun is the head of the phrase; in English the one before a dash, colon or `of`, and else the last. */
function typeIn(line: string): string | undefined {
  const plain = line.replace(/[（(【[][^）)】\]]*[）)】\]]/g, ' ').trim() || line;
  const han = lastMatch(plain, ['zh']);
  if (han !== undefined) return han.type;
  const parts = plain.split(/\s[–—-]\s|[:：]/).filter((part) => part.trim() !== '');
  for (const part of parts) {
    const match = lastMatch(part, ['en']);
    if (match !== undefined) return match.type;
  }
  return undefined;
}

function lastMatch(
  text: string,
  languages: readonly ('zh' | 'en')[] = ['zh', 'en'],
): { readonly type: string; readonly end: number } | undefined {
  let best: { type: string; end: number; length: number } | undefined;
  for (const rule of TYPES) {
    for (const pattern of languages.map((language) => rule[language])) {
      for (const match of text.matchAll(new RegExp(pattern.source, `${pattern.flags}g`))) {
        const length = match[0].length;
        const end = match.index + length;
        if (best === undefined || end > best.end || (end === best.end && length > best.length))
          best = { type: rule.type, end, length };
      }
    }
  }
  return best;
}

/** Names of all types that `documentType` can say. */
export const documentTypes: readonly string[] = TYPES.map(({ type }) => type);
