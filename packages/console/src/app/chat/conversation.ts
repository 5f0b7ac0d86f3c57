import type { Citation } from '@fieldkit/core';
import type { AskEvent } from '../api/ask.ts';
import type { AnswerEnd } from '../api/types.ts';

/** What a person thought of an answer, and what became of it. */
export interface Verdict {
  readonly verdict: 'up' | 'down';
  readonly feedbackId: string;
  readonly caseId?: string;
}

/** One question and what is known of its answer so far. */
export interface Turn {
  readonly id: number;
  readonly question: string;
  readonly state: 'running' | 'ended' | 'stopped' | 'failed';
  readonly runId: string;
  readonly text: string;
  readonly citations: readonly Citation[];
  /** What is at work now: a node, or a tool. */
  readonly working: readonly string[];
  readonly answer?: AnswerEnd;
  readonly error?: { readonly code: string; readonly message: string };
  readonly seconds?: number;
  readonly verdict?: Verdict;
}

export interface Conversation {
  readonly sessionId: string;
  readonly turns: readonly Turn[];
}

export type ConversationChange =
  | { readonly type: 'ask'; readonly question: string }
  | { readonly type: 'event'; readonly event: AskEvent }
  | { readonly type: 'end'; readonly seconds: number }
  | { readonly type: 'stop' }
  | { readonly type: 'fail'; readonly code: string; readonly message: string }
  | { readonly type: 'judge'; readonly turn: number; readonly verdict: Verdict }
  | { readonly type: 'new'; readonly sessionId: string };

/** The conversation after a change. Answers are only ever added to the last turn. */
export function changeConversation(conversation: Conversation, change: ConversationChange): Conversation {
  const { turns } = conversation;
  const last = (update: Partial<Turn>): Conversation => ({
    ...conversation,
    turns: turns.map((turn, index) => (index === turns.length - 1 ? { ...turn, ...update } : turn)),
  });
  const now = turns.at(-1);
  switch (change.type) {
    case 'new':
      return { sessionId: change.sessionId, turns: [] };
    case 'ask':
      return { ...conversation, turns: [...turns, newTurn(turns.length, change.question)] };
    case 'judge':
      return {
        ...conversation,
        turns: turns.map((turn) => (turn.id === change.turn ? { ...turn, verdict: change.verdict } : turn)),
      };
    case 'end':
      return last({ state: 'ended', working: [], seconds: change.seconds });
    case 'stop':
      return last({ state: 'stopped', working: [] });
    case 'fail':
      return last({ state: 'failed', working: [], error: { code: change.code, message: change.message } });
    case 'event':
      return now === undefined ? conversation : last(afterEvent(now, change.event));
  }
}

function newTurn(id: number, question: string): Turn {
  return { id, question, state: 'running', runId: '', text: '', citations: [], working: [] };
}

function afterEvent({ text, citations, working }: Turn, event: AskEvent): Partial<Turn> {
  switch (event.type) {
    case 'start':
      return { runId: event.runId };
    case 'step-start':
      return { working: [...working, event.step] };
    case 'step-end':
      return { working: working.filter((name) => name !== event.step) };
    case 'tool':
      return {
        working: event.phase === 'start' ? [...working, event.tool] : working.filter((name) => name !== event.tool),
      };
    case 'citation':
      return { citations: [...citations, event.citation] };
    case 'text':
      return { text: text + event.text };
    case 'end':
      return { answer: event.answer, runId: event.answer.runId };
  }
}

/** Text and the citations in it, in order: `[1]` becomes the citation of that number, anything else stays text. */
export function splitCitations(text: string, citations: readonly Citation[]): (string | Citation)[] {
  return text.split(/(\[\d+\])/).flatMap((part) => {
    const number = /^\[(\d+)\]$/.exec(part)?.[1];
    const citation = number === undefined ? undefined : citations.find(({ marker }) => marker === Number(number));
    return citation ?? (part === '' ? [] : part);
  });
}
