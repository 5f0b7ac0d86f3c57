import type { AgentEvent, Approval } from '@fieldkit/agent';
import { type Answer, type Citation, counted, type Run, waitsForPerson } from '@fieldkit/core';
import { printableJson, type Terminal } from './terminal.ts';

export interface FinishedAnswer {
  readonly answer: Answer;
  readonly run: Run;
}

/** Streams an answer to the terminal and gives it back when it is whole. */
export async function showAnswer(events: AsyncIterable<AgentEvent>, terminal: Terminal): Promise<FinishedAnswer> {
  let finished: FinishedAnswer | undefined;
  let wrote = false;
  for await (const event of events) {
    if (event.type === 'tool-start' && terminal.interactive && !wrote)
      terminal.write(`${terminal.style.dim(`  … ${event.tool}`)}\n`);
    if (event.type === 'text-delta') {
      wrote = true;
      terminal.write(event.text);
    }
    if (event.type === 'finding' && event.finding.severity !== 'info')
      terminal.notice(terminal.style.yellow(`  ${event.finding.message}`));
    if (event.type === 'finding' && event.finding.code === 'write-done')
      terminal.notice(terminal.style.green(`  ${event.finding.message}`));
    if (event.type === 'approval-request') terminal.notice(terminal.style.yellow(approvalLine(event.approval)));
    if (event.type === 'run-end') finished = { answer: event.answer, run: event.run };
  }
  if (finished === undefined) throw new Error('the agent ended without a run-end event');
  const { answer } = finished;
  if (!wrote) terminal.write(answer.text);
  terminal.line();
  for (const citation of answer.citations) terminal.line(terminal.style.dim(`  ${citationLine(citation)}`));
  return finished;
}

/** What a person is asked, whole: what is approved is what is sent. */
function approvalLine({ tool, input, reason, expiresAt }: Approval): string {
  return `  ${tool} ${printableJson(input, 0)} waits for a person until ${expiresAt}: ${APPROVAL_REASONS[reason]}`;
}

export const APPROVAL_REASONS: Readonly<Record<Approval['reason'], string>> = {
  write: 'it changes something',
  'untrusted-context':
    'documents, records or earlier answers were read before it was chosen, and may have asked for it',
  'outcome-unknown':
    'it began before an interruption and may have taken effect; look there first, then approve to do it again or reject to leave it',
};

/** `[1] XP200 Manual, page 4 › 5 Maintenance: "…"`. */
export function citationLine({ marker, quote, source }: Citation): string {
  const text = quote.replace(/\s+/g, ' ');
  if (source.kind === 'record') return `[${marker}] ${source.title}: "${text}"`; // the title names the tool
  const page = source.places[0]?.page;
  const place = page === undefined ? (source.line === undefined ? '' : `, line ${source.line}`) : `, page ${page}`;
  const path = source.headings.filter((heading) => heading !== source.title);
  const headings = path.length === 0 ? '' : ` › ${path.join(' › ')}`;
  const columns = source.columns === undefined ? '' : ` (columns: ${source.columns})`;
  return `[${marker}] ${source.title}${place}${headings}: "${text}"${columns}`;
}

/** One answer for machines. */
export function answerJson(question: string, { answer, run }: FinishedAnswer) {
  const tools = run.steps
    .filter(({ kind }) => kind === 'tool')
    .map(({ name, input, error }) => ({ name, input, ...(error === undefined ? {} : { error: error.code }) }));
  return {
    question,
    answer: answer.text,
    status: answer.status,
    language: answer.language,
    citations: answer.citations.map(({ marker, quote, source }) => {
      if (source.kind === 'record')
        return { marker, quote, tool: source.tool, callId: source.callId, title: source.title, path: source.path };
      const { documentId, title, uri, places, line, headings, columns, chunkId, start, end } = source;
      const page = places[0]?.page;
      return {
        marker,
        quote,
        documentId,
        title,
        uri,
        ...(page === undefined ? {} : { page }),
        ...(line === undefined ? {} : { line }),
        headings,
        ...(columns === undefined ? {} : { columns }),
        chunkId,
        start,
        end,
        places,
      };
    }),
    tools,
    usage: answer.usage,
    durationMs: Math.round(run.durationMs),
    runId: run.id,
    ...(run.error === undefined ? {} : { error: run.error }),
  };
}

export function statusLine({ answer, run }: FinishedAnswer): string {
  const { inputTokens, outputTokens, calls } = answer.usage;
  return `${waitsForPerson(run) ? 'waits for approval' : answer.status} in ${(run.durationMs / 1000).toFixed(1)} s, ${counted(calls, 'model call')}, ${inputTokens} tokens in, ${outputTokens} out, run ${run.id}`;
}
