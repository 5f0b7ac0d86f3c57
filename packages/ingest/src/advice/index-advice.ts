import { counted, estimateTokens } from '@fieldkit/core';
import { segmentDocument } from '../segment/segment-document.ts';
import { type AdviceInput, percent, type Say, type Suggestion } from './suggestion.ts';

/** Rows from which LanceDB's approximate index pays, and from which one machine's folder becomes the narrow place. */
const APPROXIMATE_FROM = 20_000;
const SERVER_FROM = 2_000_000;

/** Index engine and memory for the volume, by cutting the documents as the project does now. */
export function indexAdvice({ documents, segmentation, dimensions = 1024 }: AdviceInput, say: Say): Suggestion[] {
  if (documents.length === 0) return [];
  let chunks = 0;
  let tokens = 0;
  let traditional = 0;
  let han = 0;
  for (const document of documents) {
    chunks += segmentDocument(document, segmentation).length;
    tokens += estimateTokens(document.text);
    han += document.text.match(/\p{Script=Han}/gu)?.length ?? 0;
    traditional +=
      document.text.match(/[們這個來會國時對說為經發學業過還進開關問間應當點種實驗體電價條]/g)?.length ?? 0;
  }
  const megabytes = Math.ceil((chunks * dimensions * 4) / 1e6);
  const measured = [
    { name: 'chunks', value: chunks },
    { name: 'text', value: tokens, unit: 'tokens' },
    { name: `vectors of ${dimensions} dimensions`, value: megabytes, unit: 'MB' },
  ];
  const base = { area: 'index', severity: 'info', basis: 'structure', measured } as const;
  const facts = say(
    `${counted(documents.length, 'document')}, ${counted(chunks, 'chunk')}, ${counted(tokens, 'token')}; vectors take ${megabytes} MB.`,
    `${documents.length} 份文档切分为 ${chunks} 段、约 ${tokens} 个 token；向量占 ${megabytes} MB。`,
  );
  const suggestions: Suggestion[] = [
    chunks < APPROXIMATE_FROM
      ? {
          ...base,
          code: 'exact-search',
          advice: say('Use the embedded index with exact search.', '使用内嵌索引和精确检索。'),
          reason: say(
            `${facts} Below ${APPROXIMATE_FROM} chunks an approximate index saves nothing and can miss.`,
            `${facts}不足 ${APPROXIMATE_FROM} 段时近似索引没有收益且可能漏检。`,
          ),
          setting: { path: 'index.engine', value: 'lance' },
        }
      : chunks < SERVER_FROM
        ? {
            ...base,
            code: 'approximate-search',
            advice: say(
              'Use the embedded index; it builds an approximate vector index by itself.',
              '使用内嵌索引，系统会自动建立近似向量索引。',
            ),
            reason: facts,
            setting: { path: 'index.engine', value: 'lance' },
          }
        : {
            ...base,
            code: 'index-server',
            advice: say(
              'Use a Qdrant cluster of at least three nodes with replication 2.',
              '使用至少三节点、两副本的 Qdrant 集群。',
            ),
            reason: facts,
            setting: { path: 'index.engine', value: 'qdrant' },
          },
  ];
  if (han > 0 && traditional * 20 >= han) {
    suggestions.push({
      ...base,
      code: 'han-bigrams',
      advice: say('Try bigrams for Chinese words.', '建议对中文改用二元切分。'),
      reason: say(
        `${percent(traditional, han)} % of the Chinese characters are frequent traditional ones; words are cut by a dictionary of simplified script.`,
        `${percent(traditional, han)}% 的汉字为常用繁体字，而分词词典以简体为主。`,
      ),
      measured: [{ name: 'traditional characters', value: percent(traditional, han), unit: '%' }],
    });
  }
  return suggestions;
}
