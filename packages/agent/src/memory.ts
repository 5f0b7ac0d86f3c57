import { type Caller, type Clock, callerKey, estimateTokens } from '@fieldkit/core';
import type { MemoryPlan } from './plan.ts';
import type { Turn } from './state.ts';
import type { Store } from './store.ts';

/** The conversation window: the last turns of a session, of this caller only. */
export interface SessionMemory {
  /** Oldest first, within the plan's turns and tokens. */
  recall(caller: Caller, sessionId: string): Turn[];
  remember(caller: Caller, sessionId: string, turn: Turn): void;
  forget(caller: Caller, sessionId: string): void;
}

/** Longest stored answer, in UTF-16 code units: what was said, not an archive. */
const LONGEST_TEXT = 8_000;

export function createSessionMemory(store: Store, plan: MemoryPlan, clock: Clock): SessionMemory {
  const key = (caller: Caller, sessionId: string) => JSON.stringify([callerKey(caller), sessionId]);
  return {
    recall(caller, sessionId) {
      if (plan.turns === 0) return [];
      const rows = store
        .prepare('SELECT question, answer, tokens FROM turns WHERE session = ? AND at > ? ORDER BY id DESC LIMIT ?')
        .all(key(caller, sessionId), clock.now() - plan.expirySeconds * 1000, plan.turns);
      const turns: Turn[] = [];
      let tokens = 0;
      for (const { question, answer, tokens: own } of rows) {
        tokens += Number(own);
        if (tokens > plan.tokens) break;
        turns.unshift({ question: String(question), answer: String(answer) });
      }
      return turns;
    },
    remember(caller, sessionId, { question, answer }) {
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
        store.prepare('DELETE FROM turns WHERE at <= ?').run(clock.now() - plan.expirySeconds * 1000);
      });
    },
    forget(caller, sessionId) {
      store.prepare('DELETE FROM turns WHERE session = ?').run(key(caller, sessionId));
    },
  };
}
