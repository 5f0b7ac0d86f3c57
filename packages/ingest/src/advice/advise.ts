import { indexAdvice } from './index-advice.ts';
import { metadataAdvice } from './metadata-advice.ts';
import {
  type MeasuredCandidate,
  type MeasureRetrieval,
  measureSegmentation,
  segmentationCandidates,
  segmentationFromRetrieval,
  segmentationFromStructure,
} from './segmentation-advice.ts';
import { sourceAdvice } from './source-advice.ts';
import { type AdviceInput, type AdviceLanguage, type Suggestion, sayIn } from './suggestion.ts';

export interface AdviceOptions {
  /** Of the sentences. Default `en`. */
  readonly language?: AdviceLanguage;
  /** Asks the project's questions of one candidate setting. Left out: segmentation is advised from structure alone. */
  readonly measure?: MeasureRetrieval;
}

export interface Advice {
  /** Warnings first. */
  readonly suggestions: readonly Suggestion[];
  /** Candidates of segmentation that were measured, the current one first; empty without questions. */
  readonly candidates: readonly MeasuredCandidate[];
}

/** Suggestions computed from the documents, each with its reason and what was measured. */
export async function adviseOn(input: AdviceInput, { language = 'en', measure }: AdviceOptions = {}): Promise<Advice> {
  const say = sayIn(language);
  const candidates = measure === undefined ? [] : await measureSegmentation(segmentationCandidates(input), measure);
  const unmeasured: Suggestion[] =
    candidates.length > 0
      ? []
      : [
          {
            area: 'segmentation',
            code: 'write-questions',
            severity: 'info',
            basis: 'structure',
            advice: say(
              'Write evals/questions.jsonl with gold quotes: sizes and strategies are then measured.',
              '请编写带标准引文的 evals/questions.jsonl，即可实测分段大小与策略。',
            ),
            reason: say(
              'There are no questions with gold documents, so segmentation is advised from structure only.',
              '没有带标准文档的问题，分段建议仅依据文档结构。',
            ),
            measured: [{ name: 'questions', value: 0 }],
          },
        ];
  const suggestions = [
    ...sourceAdvice(input, say),
    ...segmentationFromRetrieval(candidates, say),
    ...segmentationFromStructure(input, say),
    ...unmeasured,
    ...metadataAdvice(input, say),
    ...indexAdvice(input, say),
  ];
  return {
    suggestions: [
      ...suggestions.filter(({ severity }) => severity === 'warning'),
      ...suggestions.filter(({ severity }) => severity === 'info'),
    ],
    candidates,
  };
}
