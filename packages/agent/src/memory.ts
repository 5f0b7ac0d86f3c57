import { type Caller, type Clock, callerKey, estimateTokens } from '@fieldkit/core';
import type { MemoryPlan } from './plan.ts';
import type { Turn } from './state.ts';
import type { Store } from './store.ts';

/** The conversation window: the last turns of a session, of this caller only. */
export interface SessionMemory {
  /** Oldest first, within the plan's turns and tokens. */
  recall(caller: Caller, sessionId: string): Promise<Turn[]>;
  /** Turns that the next `remember` lets go, with the summary of those before; undefined when nothing leaves. */
  leaving(
    caller: Caller,
    sessionId: string,
  ): Promise<{ readonly summary?: string; readonly turns: readonly Turn[] } | undefined>;
  /** `summary` takes the place of the one before. */
  remember(caller: Caller, sessionId: string, turn: Turn, summary?: string): void;
  forget(caller: Caller, sessionId: string): void;
}

/** Longest stored answer, in UTF-16 code units: what was said, not an archive. */
const LONGEST_TEXT = 8_000;

export function createSessionMemory(store: Store, plan: MemoryPlan, clock: Clock): SessionMemory {
  const key = (caller: Caller, sessionId: string) => JSON.stringify([callerKey(caller), sessionId]);
  const summaryOf = async (session: string): Promise<string | undefined> => {
    const [row] = await store.all(
      'SELECT summary FROM summaries WHERE session = ? AND at > ?',
      session,
      clock.now() - plan.expirySeconds * 1000,
    );
    return row === undefined ? undefined : String(row.summary);
  };
  return {
    async recall(caller, sessionId) {
      if (plan.turns === 0) return [];
      const rows = await store.all(
        'SELECT question, answer, tokens FROM turns WHERE session = ? AND at > ? ORDER BY id DESC LIMIT ?',
        key(caller, sessionId),
        clock.now() - plan.expirySeconds * 1000,
        plan.turns,
      );
      const turns: Turn[] = [];
      let tokens = 0;
      const summary = plan.summary ? await summaryOf(key(caller, sessionId)) : undefined;
      for (const { question, answer, tokens: own } of rows) {
        tokens += Number(own);
        if (tokens > plan.tokens) break;
        turns.unshift({ question: String(question), answer: String(answer) });
      }
      if (summary !== undefined) turns.unshift({ question: 'What was said before?', answer: summary });
      return turns;
    },
    async leaving(caller, sessionId) {
      if (!plan.summary || plan.turns === 0) return undefined;
      const session = key(caller, sessionId);
      const rows = await store.all('SELECT question, answer FROM turns WHERE session = ? ORDER BY id', session);
      const turns = rows
        .slice(0, Math.max(0, rows.length + 1 - plan.turns))
        .map(({ question, answer }) => ({ question: String(question), answer: String(answer) }));
      if (turns.length === 0) return undefined;
      const summary = await summaryOf(session);
      return { turns, ...(summary === undefined ? {} : { summary }) };
    },
    remember(caller, sessionId, { question, answer }, summary) {
      if (plan.turns === 0) return;
      const session = key(caller, sessionId);
      const [asked, said] = [question.slice(0, LONGEST_TEXT), answer.slice(0, LONGEST_TEXT)];
      const tokens = estimateTokens(asked) + estimateTokens(said);
      store.write(
        'INSERT INTO turns (session, at, question, answer, tokens) VALUES (?, ?, ?, ?, ?)',
        session,
        clock.now(),
        asked,
        said,
        tokens,
      );
      store.write(
        'DELETE FROM turns WHERE session = ? AND id NOT IN (SELECT id FROM turns WHERE session = ? ORDER BY id DESC LIMIT ?)',
        session,
        session,
        plan.turns,
      );
      if (summary !== undefined) {
        store.write(
          `INSERT INTO summaries (session, at, summary) VALUES (?, ?, ?)
           ON CONFLICT (session) DO UPDATE SET at = excluded.at, summary = excluded.summary`,
          session,
          clock.now(),
          summary,
        );
      }
      const expired = clock.now() - plan.expirySeconds * 1000;
      store.write('DELETE FROM turns WHERE at <= ?', expired);
      store.write('DELETE FROM summaries WHERE at <= ?', expired);
    },
    forget(caller, sessionId) {
      store.write('DELETE FROM turns WHERE session = ?', key(caller, sessionId));
      store.write('DELETE FROM summaries WHERE session = ?', key(caller, sessionId));
    },
  };
}
