import type { Block } from '@fieldkit/core';
import { headingNumber } from '../text/heading-number.ts';

export interface FoundTitle {
  readonly title: string;
  /** `properties`: the file's own field; `heading`; `text`: a line at the beginning; `name`: the file's name. */
  readonly from: 'properties' | 'heading' | 'text' | 'name';
}

const ORGANISATION =
  /(?:公司|集团|分公司|委员会|管理局|办公室|事业部|中心|学院|大学|医院|银行)$|\b(?:ltd|limited|inc|corp|corporation|gmbh|llc|plc|s\.?a|co)\.?$/i;
const LABEL = /^(?:主\s*题|标\s*题|题\s*目|题\s*名|名\s*称|事\s*由|subject|title|re)\s*[:：]\s*/i;
/** What sections are called in documents of any kind. */
const SECTION =
  /^(?:[\divx]+[.、\s]*)?(?:abstract|summary|introduction|general|scope|purpose|background|contents|table of contents|overview|preface|foreword|总则|前言|引言|概述|目的|范围|适用范围|背景|摘要|目录|目次|基本要求|一般规定)$/i;

/**
 * The title: the file's own field when it is one, then what is set as a title, then the first line of the document that can be one.
 * A numbered heading, or one that any document may have (`Scope`, `总则`), is a section, not the title.
 */
export function findTitle(own: string | undefined, blocks: readonly Block[], uri: string): FoundTitle {
  const name = (uri.split('/').at(-1) ?? uri).replace(/\.[^.]+$/, '') || uri;
  const property = own?.replace(/\s+/g, ' ').trim() ?? '';
  if (isTitle(property)) return { title: property, from: 'properties' };
  const start = blocks.slice(0, 12);
  const headingAt = start.findIndex(
    ({ kind, text }) => kind === 'heading' && text.length <= 200 && !isOrganisation(text),
  );
  const heading = start[headingAt];
  const section = heading === undefined || isSection(heading.text);
  if (heading !== undefined && !section && !LABEL.test(heading.text))
    return { title: oneLine(heading.text), from: 'heading' };

  const before = start.slice(0, headingAt < 0 ? 3 : headingAt + 1);
  const lines = before
    .flatMap(({ kind, text }) => (kind === 'table' || kind === 'list' ? [] : text.split('\n')))
    .slice(0, 8);
  const stated = lines.map((line) => line.trim()).find((line) => LABEL.test(line));
  if (stated !== undefined) return { title: stated.replace(LABEL, ''), from: 'text' };
  const line = lines.map((text) => text.trim()).find(canBeTitle);
  // A file's name that holds these words and more tells siblings apart better than they do.
  if (line !== undefined && !fold(name).includes(fold(line))) return { title: line, from: 'text' };
  return { title: name, from: 'name' };
}

/** Word processors leave `Microsoft Word - draft.doc`, `untitled` and file names in the title field. */
function isTitle(text: string): boolean {
  return (
    text.length >= 2 &&
    text.length <= 300 &&
    /[\p{L}\p{N}]/u.test(text) &&
    !/^(?:untitled|microsoft word\b|document\d*$|无标题|未命名|文档\s*\d*$|演示文稿\s*\d*$|powerpoint|工作簿\s*\d*$|slide 1$|title$|标题$)|\.(?:docx?|pdf|tmp|indd|qxd|wpd|txt|pptx?|xlsx?|wps)$/i.test(
      text,
    )
  );
}

function isSection(text: string): boolean {
  const number = headingNumber(text);
  if (number !== undefined && !(number.scheme === 'word' || number.scheme === 'roman' || number.scheme === 'letter'))
    return true;
  return SECTION.test(text.trim());
}

function isOrganisation(text: string): boolean {
  return ORGANISATION.test(text.trim());
}

/** A short line that is no sentence, no greeting, no number of a document and no organisation. */
function canBeTitle(line: string): boolean {
  const letters = line.match(/\p{L}/gu)?.length ?? 0;
  return (
    letters >= 4 &&
    letters * 2 > line.length &&
    line.length <= 100 &&
    !/[。.;；,，:：!！]$/.test(line) &&
    !isOrganisation(line) &&
    !isSection(line) &&
    !/[〔［[(（]\s*\d{4}\s*[〕］\])）]\s*\d+\s*号/.test(line)
  );
}

function fold(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
