import { counted, estimateTokens, FieldkitError } from '@fieldkit/core';
import { segmentDocument } from '../segment/segment-document.ts';
import { strategies } from '../segment/strategies.ts';
import { holm, signTest } from './sign-test.ts';
import { quantile, structureProfile } from './structure-profile.ts';
import { type AdviceInput, percent, type Say, type Suggestion } from './suggestion.ts';

export interface SegmentationCandidate {
  readonly strategy: string;
  /** Estimated tokens of a chunk. */
  readonly maxTokens: number;
}

/** What retrieval found with one candidate; the same questions in the same order for every candidate. */
export interface CandidateResult {
  /** Per question: part of its gold evidence within the same budget of context tokens, 0 to 1. */
  readonly recall: readonly number[];
  /** Chunks in the index. */
  readonly chunks: number;
  /** Tokens of context that every candidate was given for a question. */
  readonly contextTokens: number;
}

/** Asks the project's questions of an index that is cut as the candidate says; `undefined` when there are no questions. */
export type MeasureRetrieval = (candidate: SegmentationCandidate) => Promise<CandidateResult | undefined>;

export interface MeasuredCandidate extends SegmentationCandidate, Pick<CandidateResult, 'chunks' | 'contextTokens'> {
  readonly questions: number;
  /** Mean recall of gold evidence, 0 to 1. */
  readonly recall: number;
  /** Questions that were better and worse than with the current settings, and how likely such a split is by chance (Holm). */
  readonly better: number;
  readonly worse: number;
  readonly p: number;
}

const SIZES = [150, 200, 300, 400, 600, 800, 1200];
/** Part of the sections that should fit into one chunk. */
const FITTING = 0.8;
const LEVEL = 0.05;

/** Sizes and strategies worth trying: the current one first, its neighbours, what the structure suggests, and each strategy at that size. */
export function segmentationCandidates({
  segmentation,
  documents,
}: Pick<AdviceInput, 'segmentation' | 'documents'>): SegmentationCandidate[] {
  const { strategy, maxTokens } = segmentation;
  const sizes = [maxTokens, maxTokens / 2, maxTokens * 1.5, sizeByStructure(documents)].map((size) =>
    Math.max(50, Math.round(size)),
  );
  const bySize = [...new Set(sizes)].map((size) => ({ strategy, maxTokens: size }));
  const byStrategy = strategies
    .filter(({ name }) => name !== strategy)
    .map(({ name }) => ({ strategy: name, maxTokens }));
  return [...bySize, ...byStrategy];
}

function sizeByStructure(documents: AdviceInput['documents']): number {
  const sections = documents.flatMap((document) => structureProfile(document).sections);
  const wanted = quantile(sections, FITTING);
  return SIZES.find((size) => size >= wanted) ?? 800;
}

/** Documents that are cut to see how long their chunks become. */
const SAMPLE = 50;

/** Mean tokens of the chunks that the documents are cut into by structure. */
function meanChunk(documents: AdviceInput['documents'], maxTokens: number): number {
  const step = Math.max(1, Math.ceil(documents.length / SAMPLE));
  const chunks = documents
    .filter((_, index) => index % step === 0)
    .flatMap((document) => segmentDocument(document, { strategy: 'structure', maxTokens }));
  const tokens = chunks.reduce((sum, { text }) => sum + estimateTokens(text), 0);
  return Math.round(tokens / Math.max(1, chunks.length));
}

/** Strategy and size from the structure of the documents. */
export function segmentationFromStructure({ documents, segmentation }: AdviceInput, say: Say): Suggestion[] {
  const profiles = documents.map(structureProfile);
  const sections = profiles.flatMap((profile) => profile.sections);
  if (sections.length === 0) return [];
  const fit = (size: number) => percent(sections.filter((tokens) => tokens <= size).length, sections.length);
  // A size that fits is no reason to change; whether a smaller one finds more, only questions tell.
  const size = fit(segmentation.maxTokens) >= FITTING * 100 ? segmentation.maxTokens : sizeByStructure(documents);
  const total = profiles.reduce((sum, { tokens }) => sum + tokens, 0);
  const tables = profiles.reduce((sum, { tableTokens }) => sum + tableTokens, 0);
  const structured = profiles.filter(({ headings, tokens }) => headings >= 2 && tokens / headings <= 1500);
  const mean = meanChunk(documents, size);
  const suggestions: Suggestion[] = [
    {
      area: 'segmentation',
      code: 'chunk-size',
      severity: 'info',
      basis: 'structure',
      advice:
        size === segmentation.maxTokens
          ? say(`Keep chunks of ${size} tokens.`, `保持每段 ${size} 个 token。`)
          : say(
              `Try chunks of ${size} tokens instead of ${segmentation.maxTokens}, and measure it with questions.`,
              `可将每段由 ${segmentation.maxTokens} 改为 ${size} 个 token，并用问题集实测。`,
            ),
      reason: say(
        `${fit(size)} % of ${counted(sections.length, 'section')} fit whole into ${size} tokens, ${fit(segmentation.maxTokens)} % into the ${segmentation.maxTokens} of today; half of them have at most ${quantile(sections, 0.5)}, a tenth more than ${quantile(sections, 0.9)}. ${size} is the most that a chunk holds: cut by structure, one ends where its section does, and they come out at ${mean} on average.`,
        `共 ${sections.length} 个小节，${fit(size)}% 可完整放入 ${size} 个 token，现设 ${segmentation.maxTokens} 个 token 可放入 ${fit(segmentation.maxTokens)}%；半数小节不超过 ${quantile(sections, 0.5)}，十分之一超过 ${quantile(sections, 0.9)}。${size} 为每段上限：按结构切分时分段随小节结束，实际平均为 ${mean} 个 token。`,
      ),
      measured: [
        { name: 'sections', value: sections.length },
        { name: 'sections that fit', value: fit(size), unit: '%' },
        { name: 'median section', value: quantile(sections, 0.5), unit: 'tokens' },
        { name: '90th percentile', value: quantile(sections, 0.9), unit: 'tokens' },
        { name: `mean chunk of at most ${size}`, value: mean, unit: 'tokens' },
      ],
      setting: { path: 'knowledge.segmentation.maxTokens', value: size },
    },
    {
      area: 'segmentation',
      code: 'chunk-strategy',
      severity: 'info',
      basis: 'structure',
      advice:
        structured.length * 2 >= profiles.length
          ? say('Cut by structure: chunks that begin at headings.', '按结构切分：在标题处开始新的分段。')
          : say(
              'Give the documents headings at their source, or expect chunks cut by size.',
              '请在源文档中补充标题，否则只能按长度切分。',
            ),
      reason: say(
        `At least two headings and no more than 1,500 tokens between them: ${structured.length} of ${counted(profiles.length, 'document')}; ${percent(tables, total)} % of the text stands in tables.`,
        `${profiles.length} 份文档中有 ${structured.length} 份含两个以上标题且标题间平均不超过 1500 个 token；${percent(tables, total)}% 的文字在表格中。`,
      ),
      measured: [
        { name: 'documents with headings', value: structured.length, unit: 'documents' },
        { name: 'text in tables', value: percent(tables, total), unit: '%' },
      ],
      setting: { path: 'knowledge.segmentation.strategy', value: 'structure' },
    },
  ];
  const special = [
    {
      code: 'question-answer-documents',
      match: profiles.filter(({ questionPairs, paragraphs }) => questionPairs >= 4 && questionPairs * 3 >= paragraphs),
      en: 'Keep each question with its answer: cut these documents by question and answer.',
      zh: '这些文档由问答组成，应按问答对切分，保持问与答在同一分段。',
      count: (uri: string) => profiles.find((profile) => profile.uri === uri)?.questionPairs ?? 0,
      unit: say('pairs', '对'),
    },
    {
      code: 'clause-documents',
      match: profiles.filter(({ clauses, paragraphs }) => clauses >= 8 && clauses * 2 >= paragraphs),
      en: 'Cut these documents clause by clause, so that a citation names one clause.',
      zh: '这些文档按条款编写，宜逐条切分，使引用落在具体条款上。',
      count: (uri: string) => profiles.find((profile) => profile.uri === uri)?.clauses ?? 0,
      unit: say('clauses', '条'),
    },
    {
      code: 'large-tables',
      match: profiles.filter(({ largestTable }) => largestTable > segmentation.maxTokens),
      en: 'These documents have tables longer than a chunk: their header row is repeated in the context of each part, check that it says what the columns mean.',
      zh: '这些文档含有超过一个分段的表格：表头会在各部分上下文中重复，请核对表头能说明各列含义。',
      count: (uri: string) => profiles.find((profile) => profile.uri === uri)?.largestTable ?? 0,
      unit: say('tokens in the largest table', 'token（最大表格）'),
    },
  ];
  for (const { code, match, en, zh, count, unit } of special) {
    if (match.length === 0) continue;
    const documentsOfIt = match.map(({ uri }) => uri);
    suggestions.push({
      area: 'segmentation',
      code,
      severity: 'info',
      basis: 'structure',
      advice: say(en, zh),
      reason: documentsOfIt.map((uri) => `${uri}: ${count(uri)} ${unit}`).join('; '),
      measured: [{ name: code, value: match.length, unit: 'documents' }],
      documents: documentsOfIt,
    });
  }
  return suggestions;
}

/**
 * Runs every candidate and compares it with the first. A difference counts only when a sign test over the questions, corrected for the
 * number of candidates, says so at 5 %.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when two candidates were asked different numbers of questions.
 */
export async function measureSegmentation(
  candidates: readonly SegmentationCandidate[],
  measure: MeasureRetrieval,
): Promise<MeasuredCandidate[]> {
  const results: { candidate: SegmentationCandidate; result: CandidateResult }[] = [];
  for (const candidate of candidates) {
    const result = await measure(candidate);
    if (result === undefined || result.recall.length === 0) return [];
    results.push({ candidate, result });
  }
  const base = results[0]?.result.recall ?? [];
  const compared = results.map(({ candidate, result }) => {
    if (result.recall.length !== base.length) {
      throw new FieldkitError(
        'INVALID_OPTION',
        `candidates were measured with ${base.length} and ${result.recall.length} questions`,
      );
    }
    const better = result.recall.filter((value, at) => value > (base[at] ?? 0)).length;
    const worse = result.recall.filter((value, at) => value < (base[at] ?? 0)).length;
    return { candidate, result, better, worse, p: signTest(better, worse) };
  });
  const corrected = holm(compared.slice(1).map(({ p }) => p));
  return compared.map(({ candidate, result, better, worse }, index) => ({
    ...candidate,
    chunks: result.chunks,
    contextTokens: result.contextTokens,
    questions: result.recall.length,
    recall: result.recall.reduce((sum, value) => sum + value, 0) / result.recall.length,
    better,
    worse,
    p: index === 0 ? 1 : (corrected[index - 1] ?? 1),
  }));
}

/** The suggestion that measured candidates allow: change only what was shown to be better. */
export function segmentationFromRetrieval(measured: readonly MeasuredCandidate[], say: Say): Suggestion[] {
  const [current, ...others] = measured;
  if (current === undefined) return [];
  const winners = others
    .filter(({ better, worse, p }) => better > worse && p < LEVEL)
    .sort((left, right) => right.recall - left.recall);
  const [best] = winners;
  const name = ({ strategy, maxTokens }: SegmentationCandidate) => `${strategy}/${maxTokens}`;
  const figure = (value: number) => value.toFixed(3);
  const closest = [...others].sort((left, right) => right.recall - left.recall)[0];
  const { questions, contextTokens } = current;
  return [
    {
      area: 'segmentation',
      code: 'measured-segmentation',
      severity: 'info',
      basis: 'retrieval',
      advice:
        best === undefined
          ? say(
              `Keep ${name(current)}: no other setting was shown to be better.`,
              `保持 ${name(current)}：没有其他设置被证明更好。`,
            )
          : say(`Use ${name(best)} instead of ${name(current)}.`, `将 ${name(current)} 改为 ${name(best)}。`),
      reason:
        best === undefined
          ? say(
              `Over ${counted(questions, 'question')}, ${name(current)} brings ${figure(current.recall)} of the gold evidence into ${contextTokens} tokens of context${closest === undefined ? '' : `; the best other setting, ${name(closest)}, ${figure(closest.recall)} (better for ${closest.better}, worse for ${closest.worse} questions, p = ${closest.p.toFixed(2)}), which chance alone can explain`}.`,
              `在 ${questions} 个问题上，${name(current)} 在 ${contextTokens} 个 token 的上下文中召回 ${figure(current.recall)} 的标准依据${closest === undefined ? '' : `；其余最好的 ${name(closest)} 为 ${figure(closest.recall)}（${closest.better} 题更好、${closest.worse} 题更差，p = ${closest.p.toFixed(2)}），差别可由偶然解释`}。`,
            )
          : say(
              `Over ${counted(questions, 'question')} and ${contextTokens} tokens of context it brings ${figure(best.recall)} of the gold evidence instead of ${figure(current.recall)}: better for ${best.better}, worse for ${best.worse} questions, p = ${best.p.toFixed(3)} after correction.`,
              `在 ${questions} 个问题、${contextTokens} 个 token 的上下文中召回 ${figure(best.recall)}，原为 ${figure(current.recall)}：${best.better} 题更好、${best.worse} 题更差，校正后 p = ${best.p.toFixed(3)}。`,
            ),
      measured: measured.map((candidate) => ({
        name: name(candidate),
        value: figure(candidate.recall),
        unit: 'recall',
      })),
      ...(best === undefined ? {} : { setting: { path: 'knowledge.segmentation.maxTokens', value: best.maxTokens } }),
    },
  ];
}
