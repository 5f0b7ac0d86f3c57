import { errorRecord, formatCitationMark, formatEvidence, isFieldkitError, toFieldkitError } from '@fieldkit/core';
import { callModel, isOverBudget, type NodeContext } from '../call-model.ts';
import { chooseQuote } from '../choose-quote.ts';
import { fitEvidence } from '../collect-evidence.ts';
import type { AgentEvent } from '../events.ts';
import { shownItem } from '../guards.ts';
import { plainSentence } from '../plain-sentences.ts';
import type { AnswerSpec } from '../plan.ts';
import { renderPrompt } from '../prompts.ts';
import { type AnswerRelease, createAnswerRelease } from '../release-answer.ts';
import { type AgentState, type Evidence, type Outcome, type StatePatch, standaloneQuestion } from '../state.ts';

/** Writes the answer from the evidence. Without any evidence no model is asked. */
export async function runAnswer(state: AgentState, context: NodeContext<AnswerSpec>): Promise<StatePatch> {
  const { run, spec } = context;
  const language = state.understanding?.language ?? 'und';
  const insufficient = plainSentence('insufficient', language);
  // A reflection that may still send the answer back emits it; until then nobody sees it.
  const held = run.plan.nodes.some(({ kind }) => kind === 'reflect');
  const emit = (event: AgentEvent): void => {
    if (!held) run.emit(event);
  };
  if (state.evidence.length === 0) {
    emit({ type: 'text-delta', text: insufficient });
    return { outcome: { text: insufficient, citations: [], status: 'insufficient' } };
  }
  const { shown, left } = fitEvidence(state.evidence, spec.evidenceTokens);
  if (left.length > 0) {
    run.finding({
      severity: 'info',
      code: 'evidence-cut',
      message: `${context.name}: ${left.length} of ${state.evidence.length} pieces of evidence did not fit ${spec.evidenceTokens} tokens`,
      where: context.name,
      suggestion: 'raise evidenceTokens of the answer node, or retrieve fewer passages',
    });
  }
  const question = standaloneQuestion(state);
  const system = renderPrompt(context.prompt, { language, marker: run.marker });
  const prompt = `${formatEvidence(
    shown.map(({ item }) => shownItem(item)),
    run.marker,
  )}\n\n${question}`;
  let repairsLeft = spec.repairs;
  const release = createAnswerRelease({
    evidence: shown,
    question: `${state.question}\n${question}`,
    locate: run.locate,
    guards: run.plan.guards,
    marker: run.marker,
    prompt: context.prompt.body,
    ...(run.redactor === undefined ? {} : { restore: (text) => run.redactor?.restore(text) ?? text }),
    insufficient,
    onText: (text) => emit({ type: 'text-delta', text }),
    onCitation: (citation) => emit({ type: 'citation', citation }),
    onFinding: (finding) => run.finding({ ...finding, where: context.name }),
    count: (name) => run.count(name),
    async repair(sentence, problem) {
      if (repairsLeft <= 0 || context.stepsLeft() < 1) return undefined;
      repairsLeft -= 1;
      const request = `Sentence: ${sentence}\nProblem: ${problem}.\nWrite this one sentence again with a correct mark, or nothing if the evidence does not say it.`;
      const messages = [
        { role: 'system' as const, content: system },
        { role: 'user' as const, content: prompt },
        { role: 'assistant' as const, content: sentence },
        { role: 'user' as const, content: request },
      ];
      try {
        return (await callModel(context, { messages })).text;
      } catch (thrown) {
        const error = toFieldkitError(thrown);
        if (run.signal.aborted) throw error;
        return undefined; // the sentence is dropped; the answer goes on
      }
    },
  });
  try {
    const messages = [
      { role: 'system' as const, content: system },
      { role: 'user' as const, content: prompt },
    ];
    await callModel(context, { messages }, (delta) => release.push(delta));
    await release.end();
  } catch (thrown) {
    if (!isOverBudget(thrown, run)) throw thrown;
    return { outcome: await answerAtBound(question, language, shown, release, context, thrown, emit) };
  }
  return { outcome: conclude(release, insufficient, context, emit) };
}

function conclude(
  release: AnswerRelease,
  insufficient: string,
  context: NodeContext<AnswerSpec>,
  emit: (event: AgentEvent) => void,
): Outcome {
  const { text, citations, insufficient: saidSo } = release.result();
  if (saidSo) return { text, citations, status: 'insufficient' };
  if (citations.length > 0) return { text, citations, status: 'answered' };
  context.run.finding({
    severity: 'warning',
    code: 'answer-unsupported',
    message: `${context.name}: no sentence of the model's answer was supported by the evidence; nothing of it was released`,
    where: context.name,
  });
  emit({ type: 'text-delta', text: insufficient });
  return { text: insufficient, citations: [], status: 'insufficient' };
}

/** Quotes taken at most when the bound ends the answer before the model wrote anything. */
const QUOTES_AT_BOUND = 3;

/** At the bound: what was released stays; when there is nothing, the best lines of the evidence are quoted. */
async function answerAtBound(
  question: string,
  language: string,
  shown: readonly Evidence[],
  release: AnswerRelease,
  { run, name }: NodeContext<AnswerSpec>,
  thrown: unknown,
  emit: (event: AgentEvent) => void,
): Promise<Outcome> {
  const named = isFieldkitError(thrown) ? thrown.details.bound : undefined;
  const bound = run.budget.exceeded() ?? (typeof named === 'string' ? named : 'steps');
  run.finding({
    severity: 'warning',
    code: 'budget-reached',
    message: `${name}: the bound of ${bound} was reached; the answer is made from what was found`,
    where: name,
    suggestion: `raise budget.${bound} if such questions should be answered in full`,
  });
  const notice = plainSentence('overBudget', language);
  if (release.result().text === '') {
    const quotes = shown
      .flatMap(({ item }) => {
        const chosen = chooseQuote(item.text, question);
        return chosen === undefined
          ? []
          : [{ number: item.number, score: chosen.score, text: item.text.slice(chosen.start, chosen.end) }];
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, QUOTES_AT_BOUND);
    for (const { number, text } of quotes) await release.push(`${text} ${formatCitationMark(number, text)}\n`);
    await release.end();
  }
  const { text, citations } = release.result();
  const said = text === '' ? notice : `\n${notice}`;
  emit({ type: 'text-delta', text: said });
  return { text: text + said, citations, status: 'failed', error: errorRecord(toFieldkitError(thrown)) };
}
