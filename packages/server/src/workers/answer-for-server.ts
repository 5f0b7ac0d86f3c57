import type { AgentEvent } from '@fieldkit/agent';
import { errorRecord, toFieldkitError } from '@fieldkit/core';
import type { Project } from '@fieldkit/project';
import type { FromWorker, Told, ToWorker } from './messages.ts';

/** The channel of a child process to the one that started it. */
export interface ParentChannel {
  send(message: FromWorker): void;
  onMessage(listener: (message: ToWorker) => void): void;
}

const LAG_EVERY_MS = 50;
/** A lag that is not worth a message. */
const PROMPT_MS = 10;

/** What a reader of a trace sees a moment later; a message between processes costs more than most of what happens in a run. */
const MAY_WAIT: ReadonlySet<AgentEvent['type']> = new Set([
  'run-start',
  'node-start',
  'node-end',
  'tool-start',
  'tool-end',
  'usage',
  'finding',
]);
const WAIT_MS = 25;

/**
 * Answers the questions that a server sends over `channel`, until `signal` aborts. Events go back together, in order: words, citations and ends
 * at once with the turn of the event loop, the rest with them or after a moment.
 */
export async function answerForServer(project: Project, channel: ParentChannel, signal: AbortSignal): Promise<void> {
  const running = new Map<number, AbortController>();
  const ends = new Set<Promise<void>>();
  let told: Told[] = [];
  let turn: NodeJS.Immediate | undefined;
  let moment: NodeJS.Timeout | undefined;
  const flush = () => {
    clearImmediate(turn);
    clearTimeout(moment);
    turn = undefined;
    moment = undefined;
    const all = told;
    told = [];
    if (!signal.aborted) channel.send({ type: 'told', told: all });
  };
  const tell = (one: Told) => {
    told.push(one);
    if ('event' in one && MAY_WAIT.has(one.event.type)) moment ??= setTimeout(flush, WAIT_MS);
    else turn ??= setImmediate(flush);
  };
  const answer = async ({ id, question, options, content }: Extract<ToWorker, { type: 'ask' }>) => {
    const stop = new AbortController();
    running.set(id, stop);
    try {
      for await (const event of project.ask(question, { ...options, signal: stop.signal })) {
        tell({ id, event: content ? event : withoutContent(event) });
      }
      tell({ id, end: true });
    } catch (error) {
      const { code, message } = errorRecord(error);
      tell({ id, failed: { code, message, retryable: toFieldkitError(error).retryable } });
    } finally {
      running.delete(id);
    }
  };
  channel.onMessage((message) => {
    if (message.type === 'cancel') return running.get(message.id)?.abort();
    const end = answer(message);
    ends.add(end);
    end.finally(() => ends.delete(end));
  });
  let due = performance.now() + LAG_EVERY_MS;
  let late = false;
  const timer = setInterval(() => {
    const ms = Math.max(0, performance.now() - due);
    due = performance.now() + LAG_EVERY_MS;
    if ((ms > PROMPT_MS || late) && !signal.aborted) channel.send({ type: 'lag', ms });
    late = ms > PROMPT_MS;
  }, LAG_EVERY_MS);
  channel.send({ type: 'ready' });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(timer);
  for (const stop of running.values()) stop.abort();
  await Promise.all(ends);
}

/** The run is stored where it was made; the server needs its figures. */
function withoutContent(event: AgentEvent): AgentEvent {
  if (event.type !== 'run-end') return event;
  const steps = event.run.steps.map((step) => ({ ...step, input: null, output: null }));
  return { ...event, run: { ...event.run, input: null, output: null, steps } };
}
