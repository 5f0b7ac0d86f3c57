import { useCallback, useEffect, useReducer, useRef } from 'preact/hooks';
import { ask } from '../api/ask.ts';
import { ApiError } from '../api/client.ts';
import { type Conversation, changeConversation, type Verdict } from './conversation.ts';

const KEPT = 'fieldkit.conversation';

export interface LiveConversation extends Conversation {
  readonly busy: boolean;
  ask(question: string): void;
  /** Cancels the answer under way; what was said stays. */
  stop(): void;
  /** A new session: the server remembers nothing of the one before. */
  restart(): void;
  judge(turn: number, verdict: Verdict): void;
}

/** The conversation of this tab: it outlives a change of view and a reload, and ends with the tab. */
export function useConversation(): LiveConversation {
  const [conversation, change] = useReducer(changeConversation, undefined, restored);
  const stopper = useRef<AbortController>();
  const { sessionId, turns } = conversation;
  const busy = turns.at(-1)?.state === 'running';

  useEffect(() => {
    if (busy) return;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ sessionId, turns }));
    } catch {
      // no room: it ends with the page
    }
  }, [busy, sessionId, turns]);

  const put = useCallback(
    async (question: string) => {
      const stop = new AbortController();
      stopper.current = stop;
      const started = performance.now();
      change({ type: 'ask', question });
      try {
        for await (const event of ask(question, sessionId, stop.signal)) change({ type: 'event', event });
        change({ type: 'end', seconds: (performance.now() - started) / 1000 });
      } catch (error) {
        if (stop.signal.aborted) return change({ type: 'stop' });
        const { code, message } = error instanceof ApiError ? error : { code: 'unknown', message: String(error) };
        change({ type: 'fail', code, message });
      }
    },
    [sessionId],
  );

  return {
    sessionId,
    turns,
    busy,
    ask: (question) => void put(question),
    stop: () => stopper.current?.abort(),
    restart() {
      stopper.current?.abort();
      change({ type: 'new', sessionId: newSessionId() });
    },
    judge: (turn, verdict) => change({ type: 'judge', turn, verdict }),
  };
}

function restored(): Conversation {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
    if (kept !== null && typeof kept === 'object' && 'turns' in kept) return kept as Conversation; // written above
  } catch {
    // of another version: begin anew
  }
  return { sessionId: newSessionId(), turns: [] };
}

/** `crypto.randomUUID` is not there on plain HTTP. */
function newSessionId(): string {
  return `console-${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
