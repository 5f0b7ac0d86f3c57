import type { AgentEvent } from '@fieldkit/agent';
import type { AskOptions } from '@fieldkit/project';

/** From the server to a process that answers. */
export type ToWorker =
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly question: string;
      readonly options: Omit<AskOptions, 'signal'>;
      /** Whether the inputs and outputs of the steps are wanted back. */
      readonly content: boolean;
    }
  | { readonly type: 'cancel'; readonly id: number };

/** What a process that answers says about a question. */
export type Told =
  | { readonly id: number; readonly event: AgentEvent }
  | { readonly id: number; readonly end: true }
  | {
      readonly id: number;
      readonly failed: { readonly code: string; readonly message: string; readonly retryable: boolean };
    };

/** From a process that answers to the server: what happened in one turn of its event loop. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'told'; readonly told: readonly Told[] }
  /** How late its timers are, in ms. */
  | { readonly type: 'lag'; readonly ms: number };
