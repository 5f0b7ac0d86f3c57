import type { Block, Metadata } from '@fieldkit/core';
import { clauseNumbering } from './clause-numbering.ts';
import { documentDates, type Found } from './date-rules.ts';
import { documentNumber, documentVersion } from './document-number.ts';
import { documentType } from './document-type.ts';
import { type Introduction, introductionOf, labelled } from './introduction.ts';

export interface MetadataInput {
  readonly title: string;
  readonly uri: string;
  readonly blocks: readonly Block[];
  /** What the reader found: file properties, front matter. It is kept; rules add what is missing. */
  readonly metadata: Metadata;
}

/**
 * What a document says about itself, by rules, in English and Chinese:
 *
 * - `author`: who wrote or signed it; file properties first, unless they name nobody (`Administrator`).
 * - `issued`, `effective`, `expires`: `2026-03-18`, or `2026-03` when no day is named.
 * - `version`: as written, `Rev C`, `2026版`.
 * - `documentNumber`: `OM-XP200-EN`, `澜泊财〔2026〕14号`.
 * - `documentType`: one of `documentTypes`.
 * - `clauseNumbering`: the first number of each scheme, outermost first: `['第一章', '第一条']`.
 * - `metadataEvidence`: one `field: quote` for each field that rules found in the text.
 *
 * A field that is not said is absent. Fields that the reader found itself are never overwritten.
 */
export function extractMetadata({ title, uri, blocks, metadata }: MetadataInput): Metadata {
  const introduction = introductionOf(title, blocks, metadata);
  const number = documentNumber(introduction);
  const found: Record<string, Found | undefined> = {
    author: authorOf(introduction),
    ...documentDates(introduction),
    version: documentVersion(introduction, uri),
    documentNumber: number,
    documentType: documentType(introduction, number?.value),
  };
  const kept = Object.fromEntries(
    Object.entries(metadata).filter(([key, value]) => key !== 'author' || !isNobody(value)),
  );
  const added: Record<string, string | string[]> = {};
  const evidence: string[] = [];
  for (const [field, hit] of Object.entries(found)) {
    if (hit === undefined || kept[field] !== undefined) continue;
    added[field] = hit.value;
    evidence.push(`${field}: ${hit.quote}`);
  }
  const numbering = clauseNumbering(blocks);
  if (numbering.length > 0 && kept.clauseNumbering === undefined) added.clauseNumbering = numbering;
  return { ...kept, ...added, ...(evidence.length > 0 && { metadataEvidence: evidence }) };
}

const AUTHOR =
  /authors?|prepared by|written by|issued by|published by|document owner|owner|作\s*者|撰\s*稿(?:人)?|编\s*制(?:人|单位|部门)?|编写(?:人|单位)?|起\s*草(?:人|单位|部门)?|发布(?:单位|部门|机构)|发文(?:单位|机关|部门)|制定(?:单位|部门)|归口(?:管理)?(?:单位|部门)|主办(?:单位|部门)/i;

function authorOf({ lines, closing }: Introduction): Found | undefined {
  for (const line of [...lines, ...closing]) {
    const value = labelled(line, AUTHOR)?.split(/[,，。]\s|\s{2,}/)[0];
    if (value !== undefined && value.length <= 80 && !/^\d/.test(value)) return { value, quote: line.slice(0, 160) };
  }
  // A Chinese notice is signed: the line above the date that ends it.
  const at = closing.findLastIndex((line) => /^\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日$/.test(line));
  const signed = at < 1 || at < closing.length - 2 ? undefined : closing[at - 1];
  if (signed === undefined || signed.length > 40 || /[。；，,.:：]$/.test(signed)) return undefined;
  return { value: signed.replace(/[\s　]+/g, ' '), quote: `${signed} ${closing[at]}` };
}

/** What programs write when nobody is named. */
function isNobody(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^(?:admin(?:istrator)?|user\d*|owner|unknown|author|microsoft(?: office)?(?: user)?|lenovo|dell|hp|pc|python-docx|openpyxl|apache poi|unnamed|匿名|用户|微软用户|雨林木风|作者)$/i.test(
      value.trim(),
    )
  );
}
