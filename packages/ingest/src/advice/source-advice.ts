import { counted, type Document } from '@fieldkit/core';
import { structureProfile } from './structure-profile.ts';
import type { AdviceInput, Say, Suggestion } from './suggestion.ts';

/** Words with which a document says that not everybody may read it. */
const RESTRICTED =
  /\bconfidential\b|\binternal use only\b|\bdo not (?:distribute|forward|copy)\b|\bstrictly private\b|(?:密级|等级)\s*[:：]?\s*(?:机密|绝密|秘密)|仅限[^，。；\n]{1,20}(?:阅读|使用|人员)|不得(?:转发|外传|复制)/i;
/** The readers' suggestions in Chinese, by code of the finding. */
const FIXES_ZH: Readonly<Record<string, string>> = {
  'needs-ocr': "请启用 OCR（fieldkit.config.ts 中设置 knowledge.ocr: { engine: 'local' }），或提供带文字层的文件。",
  'ocr-low-confidence': '请对照原页核对 OCR 结果。',
  'ocr-failed': '请检查 OCR 设置后重新读取。',
  'hidden-text': '请查看页面：隐藏文字常为遗留内容，有时意在误导模型。',
  'tracked-changes': '交付之前请在 Word 中接受或拒绝修订。',
  'page-unreadable': '请从源文件重新导出。',
  mislabelled: '请按实际格式修改文件扩展名。',
  'no-text': '请检查文件，或将其移出知识文件夹。',
};

const LONG_WITHOUT_HEADINGS = 1500;

/** Documents to fix where they come from, one suggestion per kind of problem. */
export function sourceAdvice({ documents, duplicates, unread = [] }: AdviceInput, say: Say): Suggestion[] {
  const suggestions: Suggestion[] = [];
  const add = (
    code: string,
    severity: Suggestion['severity'],
    found: readonly string[],
    advice: string,
    reason: string,
    unit = 'documents',
  ) => {
    if (found.length === 0) return;
    const files = [...new Set(found)];
    suggestions.push({
      area: 'source',
      code,
      severity,
      basis: 'structure',
      advice,
      reason,
      measured: [{ name: code, value: found.length, unit }],
      documents: files,
    });
  };

  add(
    'not-readable',
    'warning',
    unread.map(({ uri }) => uri),
    say('Replace the files that could not be read.', '请更换无法读取的文件。'),
    unread.map(({ uri, reason }) => `${uri}: ${reason}`).join('; '),
  );
  for (const [code, found] of findingsByCode(documents)) {
    const [first] = found;
    if (first === undefined) continue;
    add(
      code,
      'warning',
      found.map(({ uri }) => uri),
      say(first.suggestion ?? 'Look at these documents.', FIXES_ZH[code] ?? first.suggestion ?? '请检查这些文档。'),
      say(
        `${counted(found.length, 'finding')} in ${counted(new Set(found.map(({ uri }) => uri)).size, 'document')}; the first: ${first.message}`,
        `${new Set(found.map(({ uri }) => uri)).size} 份文档共 ${found.length} 处；例如：${first.message}`,
      ),
      'findings',
    );
  }
  const uriOf = (id: string) => documents.find((document) => document.id === id)?.uri ?? id;
  add(
    'superseded-documents',
    'warning',
    duplicates.versions.map(({ older }) => uriOf(older)),
    say(
      'Take superseded documents out, or give them metadata that says until when they hold.',
      '移出已被取代的文档，或以元数据注明其有效期。',
    ),
    duplicates.versions
      .map(
        ({ older, newer, reason }) => `${uriOf(older)}${newer === undefined ? '' : ` → ${uriOf(newer)}`} (${reason})`,
      )
      .join('; '),
  );
  add(
    'duplicate-documents',
    'warning',
    duplicates.duplicates.flatMap(({ documentIds }) => documentIds.slice(1).map(uriOf)),
    say('Keep one of each group of copies.', '每组重复文档只保留一份。'),
    duplicates.duplicates.map(({ documentIds }) => documentIds.map(uriOf).join(' = ')).join('; '),
  );
  add(
    'version-order-unknown',
    'warning',
    duplicates.unordered.flatMap((pair) => pair.map(uriOf)),
    say('Write version or date into these documents.', '请在这些文档中写明版本或日期。'),
    duplicates.unordered.map((pair) => pair.map(uriOf).join(' ? ')).join('; '),
  );
  const open = documents.filter((document) => document.groups.length === 0 && RESTRICTED.test(introOf(document)));
  add(
    'restricted-but-open',
    'warning',
    open.map(({ uri }) => uri),
    say(
      'Check who may read these documents: they call themselves restricted and no access group protects them.',
      '请核对访问范围：这些文档自称限制阅读，但未设置访问组。',
    ),
    open.map((document) => `${document.uri}: “${RESTRICTED.exec(introOf(document))?.[0]}”`).join('; '),
  );
  const flat = documents
    .map(structureProfile)
    .filter(({ headings, tokens }) => headings === 0 && tokens >= LONG_WITHOUT_HEADINGS);
  add(
    'long-without-headings',
    'info',
    flat.map(({ uri }) => uri),
    say(
      'Give these documents headings: their passages cannot say where they belong.',
      '请为这些文档添加标题，否则段落无法说明所属章节。',
    ),
    flat.map(({ uri, tokens }) => `${uri}: ${counted(tokens, 'token')}`).join('; '),
  );
  const untitled = documents.filter(
    ({ title, uri, text }) =>
      title === (uri.split('/').at(-1) ?? '').replace(/\.[^.]+$/, '') && !text.slice(0, 300).includes(title),
  );
  add(
    'title-from-file-name',
    'info',
    untitled.map(({ uri }) => uri),
    say(
      'Give these documents a title: their file name stands for it in citations.',
      '请为这些文档设置标题，目前引用中以文件名代替。',
    ),
    say(
      `${untitled.length} of ${counted(documents.length, 'document')}.`,
      `${documents.length} 份文档中的 ${untitled.length} 份。`,
    ),
  );
  return suggestions;
}

function introOf({ title, text, metadata }: Document): string {
  const running = Array.isArray(metadata.runningHeads) ? metadata.runningHeads : [];
  return [title, ...running, text.slice(0, 300)].join('\n');
}

function findingsByCode(documents: readonly Document[]) {
  const byCode = new Map<string, { uri: string; message: string; suggestion: string | undefined }[]>();
  for (const { uri, findings } of documents) {
    for (const { severity, code, message, suggestion } of findings) {
      if (severity === 'info') continue;
      byCode.set(code, [...(byCode.get(code) ?? []), { uri, message, suggestion }]);
    }
  }
  return byCode;
}
