import type { Answer, Citation, Cost, Finding, Run, Usage } from '@fieldkit/core';
import type { Approval } from './approvals.ts';

/** What happens during one question, in order. Every start has its end, also when the run fails or is cancelled. */
export type AgentEvent =
  | {
      readonly type: 'run-start';
      readonly runId: string;
      readonly sessionId?: string;
      readonly question: string;
      /** It goes on after an interruption; text is said from the beginning. */
      readonly resumed?: boolean;
    }
  | { readonly type: 'node-start'; readonly stepId: string; readonly node: string; readonly kind: string }
  | {
      readonly type: 'node-end';
      readonly stepId: string;
      readonly node: string;
      readonly kind: string;
      readonly durationMs: number;
      readonly error?: { readonly code: string; readonly message: string };
    }
  | {
      readonly type: 'tool-start';
      readonly stepId: string;
      readonly node: string;
      readonly tool: string;
      readonly input: unknown;
    }
  | {
      readonly type: 'tool-end';
      readonly stepId: string;
      readonly node: string;
      readonly tool: string;
      readonly durationMs: number;
      /** The customer's system refused, or the call failed. */
      readonly isError: boolean;
      readonly error?: { readonly code: string; readonly message: string };
    }
  /** The run ends after this and waits: decide, then resume it. */
  | { readonly type: 'approval-request'; readonly approval: Approval }
  /** Comes before the first text that carries its marker. */
  | { readonly type: 'citation'; readonly citation: Citation }
  /** Verified text only; what was emitted is never taken back. */
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'finding'; readonly finding: Finding }
  | {
      readonly type: 'usage';
      readonly stepId: string;
      readonly node: string;
      readonly model: string;
      readonly usage: Usage;
      readonly cost?: Cost;
    }
  /** Last, exactly once. */
  | { readonly type: 'run-end'; readonly answer: Answer; readonly run: Run };

/** Events from many writers to one reader, in order. */
export interface EventQueue<T> {
  push(event: T): void;
  /** After this the reader ends once it has read what is left. */
  end(): void;
  read(): AsyncGenerator<T, void, void>;
}

export function createEventQueue<T>(): EventQueue<T> {
  let waiting: T[] = [];
  let ended = false;
  let wake: (() => void) | undefined;
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  return {
    push(event) {
      if (ended) return;
      waiting.push(event);
      notify();
    },
    end() {
      ended = true;
      notify();
    },
    async *read() {
      for (;;) {
        const batch = waiting;
        waiting = [];
        for (const event of batch) yield event;
        if (waiting.length > 0) continue;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
