import { type Caller, type Clock, callerKey, estimateTokens } from '@fieldkit/core';
import type { MemoryPlan } from './plan.ts';
import type { Turn } from './state.ts';
import type { Store } from './store.ts';

/** The conversation window: the last turns of a session, of this caller only. */
export interface SessionMemory {
  /** Oldest first, within the plan's turns and tokens. */
  recall(caller: Caller, sessionId: string): Turn[];
  /** Turns that the next `remember` lets go, with the summary of those before; undefined when nothing leaves. */
  leaving(
    caller: Caller,
    sessionId: string,
  ): { readonly summary?: string; readonly turns: readonly Turn[] } | undefined;
  /** `summary` takes the place of the one before. */
  remember(caller: Caller, sessionId: string, turn: Turn, summary?: string): void;
  forget(caller: Caller, sessionId: string): void;
}

/** Longest stored answer, in UTF-16 code units: what was said, not an archive. */
const LONGEST_TEXT = 8_000;

export function createSessionMemory(store: Store, plan: MemoryPlan, clock: Clock): SessionMemory {
  const key = (caller: Caller, sessionId: string) => JSON.stringify([callerKey(caller), sessionId]);
  const summaryOf = (session: string): string | undefined => {
    const row = store
      .prepare('SELECT summary FROM summaries WHERE session = ? AND at > ?')
      .get(session, clock.now() - plan.expirySeconds * 1000);
    return row === undefined ? undefined : String(row.summary);
  };
  return {
    recall(caller, sessionId) {
      if (plan.turns === 0) return [];
      const rows = store
        .prepare('SELECT question, answer, tokens FROM turns WHERE session = ? AND at > ? ORDER BY id DESC LIMIT ?')
        .all(key(caller, sessionId), clock.now() - plan.expirySeconds * 1000, plan.turns);
      const turns: Turn[] = [];
      let tokens = 0;
      const summary = plan.summary ? summaryOf(key(caller, sessionId)) : undefined;
      for (const { question, answer, tokens: own } of rows) {
        tokens += Number(own);
        if (tokens > plan.tokens) break;
        turns.unshift({ question: String(question), answer: String(answer) });
      }
      if (summary !== undefined) turns.unshift({ question: 'What was said before?', answer: summary });
      return turns;
    },
    leaving(caller, sessionId) {
      if (!plan.summary || plan.turns === 0) return undefined;
      const session = key(caller, sessionId);
      const rows = store.prepare('SELECT question, answer FROM turns WHERE session = ? ORDER BY id').all(session);
      const turns = rows
        .slice(0, Math.max(0, rows.length + 1 - plan.turns))
        .map(({ question, answer }) => ({ question: String(question), answer: String(answer) }));
      if (turns.length === 0) return undefined;
      const summary = summaryOf(session);
      return { turns, ...(summary === undefined ? {} : { summary }) };
    },
    remember(caller, sessionId, { question, answer }, summary) {
      if (plan.turns === 0) return;
      const session = key(caller, sessionId);
      const [asked, said] = [question.slice(0, LONGEST_TEXT), answer.slice(0, LONGEST_TEXT)];
      const tokens = estimateTokens(asked) + estimateTokens(said);
      store.transaction(() => {
        store
          .prepare('INSERT INTO turns (session, at, question, answer, tokens) VALUES (?, ?, ?, ?, ?)')
          .run(session, clock.now(), asked, said, tokens);
        store
          .prepare(
            'DELETE FROM turns WHERE session = ? AND id NOT IN (SELECT id FROM turns WHERE session = ? ORDER BY id DESC LIMIT ?)',
          )
          .run(session, session, plan.turns);
        if (summary !== undefined) {
          store.prepare('INSERT OR REPLACE INTO summaries VALUES (?, ?, ?)').run(session, clock.now(), summary);
        }
        const expired = clock.now() - plan.expirySeconds * 1000;
        store.prepare('DELETE FROM turns WHERE at <= ?').run(expired);
        store.prepare('DELETE FROM summaries WHERE at <= ?').run(expired);
      });
    },
    forget(caller, sessionId) {
      store.prepare('DELETE FROM turns WHERE session = ?').run(key(caller, sessionId));
      store.prepare('DELETE FROM summaries WHERE session = ?').run(key(caller, sessionId));
    },
  };
}
