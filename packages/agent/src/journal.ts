/** What is known of a step from before: nothing, that it began, or its result. */
export type Recalled<T> =
  | { readonly state: 'new' }
  | { readonly state: 'started' }
  | { readonly state: 'done'; readonly value: T };

/** Remembers steps across a crash: written before a step begins and after it ends. */
export interface Journal {
  recall<T>(runId: string, stepId: string): Recalled<T>;
  start(runId: string, stepId: string): void;
  finish(runId: string, stepId: string, value: unknown): void;
}

/** Keeps nothing: for runs that need not survive. */
export const noJournal: Journal = {
  recall: () => ({ state: 'new' }),
  start: () => undefined,
  finish: () => undefined,
};
