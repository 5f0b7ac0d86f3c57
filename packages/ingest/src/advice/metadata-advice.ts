import { counted } from '@fieldkit/core';
import { codesIn, identityOf } from '../duplicates/document-identity.ts';
import { type AdviceInput, percent, type Say, type Suggestion } from './suggestion.ts';

/** Metadata that the documents carry and that is not taken from them yet, with the use it would have. */
export function metadataAdvice({ documents, duplicates }: AdviceInput, say: Say): Suggestion[] {
  const count = documents.length;
  if (count === 0) return [];
  const identities = documents.map(identityOf);
  const has = (...fields: string[]) =>
    documents.filter(({ metadata }) => fields.some((field) => metadata[field] !== undefined)).length;
  const { versions, nearDuplicates } = duplicates;
  const fields = [
    {
      field: 'effective',
      code: 'effective',
      present: has('effective', 'issued', 'date'),
      found: identities.filter(({ date }) => date !== undefined).length,
      use: say(
        `it orders versions (${versions.length} superseded here) and lets a question about a day be answered from what was in force`,
        `可为版本排序（本库有 ${versions.length} 份已被取代），并按当时有效的文本回答与日期有关的问题`,
      ),
    },
    {
      field: 'version',
      code: 'version',
      present: has('version'),
      found: identities.filter(({ marks }) => marks.length > 0).length,
      use: say('it tells which revision a citation is from', '可说明引用出自哪个版本'),
    },
    {
      field: 'documentNumber',
      code: 'number',
      present: has('documentNumber'),
      found: documents.filter(({ title, text }) => codesIn(`${title}\n${text.slice(0, 300)}`).length > 0).length,
      use: say('people ask for documents by their number', '用户常以文号或编号指称文档'),
    },
  ];
  const suggestions = fields
    .filter(({ present, found }) => found * 3 >= count && found > present)
    .map(
      ({ field, code, present, found, use }): Suggestion => ({
        area: 'metadata',
        code: `extract-${code}`,
        severity: 'info',
        basis: 'structure',
        advice: say(`Extract \`${field}\` as metadata.`, `建议抽取元数据 \`${field}\`。`),
        reason: say(
          `${found} of ${counted(count, 'document')} (${percent(found, count)} %) state it at their beginning, ${present} have it as metadata; ${use}.`,
          `${count} 份文档中有 ${found} 份（${percent(found, count)}%）在开头写明，已有元数据的 ${present} 份；${use}。`,
        ),
        measured: [
          { name: `documents that state ${field}`, value: found, unit: 'documents' },
          { name: `documents with ${field} as metadata`, value: present, unit: 'documents' },
        ],
      }),
    );

  const folders = valuesOf(documents.map(({ uri }) => uri.split('/').slice(1, -1)[0] ?? ''));
  if (folders.length >= 2 && folders.length * 2 <= count) {
    suggestions.push({
      area: 'metadata',
      code: 'folder-as-category',
      severity: 'info',
      basis: 'structure',
      advice: say('Use the folder as a metadata field for filters.', '以所在文件夹作为元数据，用于筛选。'),
      reason: say(
        `${counted(count, 'document')} in ${counted(folders.length, 'folder')}: ${folders.slice(0, 8).join(', ')}.`,
        `${count} 份文档分布在 ${folders.length} 个文件夹：${folders.slice(0, 8).join('、')}。`,
      ),
      measured: [{ name: 'folders', value: folders.length }],
    });
  }
  const variants = nearDuplicates.length;
  if (variants > 0) {
    suggestions.push({
      area: 'metadata',
      code: 'tell-variants-apart',
      severity: 'warning',
      basis: 'structure',
      advice: say(
        'Give documents that hold for different readers a field that tells them apart (region, model, site).',
        '为适用对象不同的相似文档增加区分字段（地区、机型、基地等）。',
      ),
      reason: say(
        `${counted(variants, 'pair')} of documents share most of their wording, so that a passage of one looks like the answer for the other.`,
        `${variants} 对文档大部分文字相同，其中一份的段落容易被当作另一份的答案。`,
      ),
      measured: [{ name: 'near duplicates', value: variants, unit: 'pairs' }],
      documents: [...new Set(nearDuplicates.flatMap(({ documentIds }) => documentIds))].map(
        (id) => documents.find((document) => document.id === id)?.uri ?? id,
      ),
    });
  }
  return suggestions;
}

function valuesOf(values: readonly string[]): string[] {
  return [...new Set(values.filter((value) => value !== ''))].sort();
}
