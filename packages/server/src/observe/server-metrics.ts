import type { Run } from '@fieldkit/core';
import type { Gate } from '../limits/gate.ts';
import type { LoadMeter } from '../limits/load-meter.ts';
import { createMetrics, type MetricDeclaration, type Metrics } from './metrics.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const DECLARED: Readonly<Record<string, MetricDeclaration>> = {
  fieldkit_http_requests_total: { help: 'Requests by route and status.', type: 'counter' },
  fieldkit_http_request_seconds: {
    help: 'Time to the response, for a stream to its first byte.',
    type: 'histogram',
    buckets: SECONDS,
  },
  fieldkit_answers_total: { help: 'Answers by status and error.', type: 'counter' },
  fieldkit_answer_seconds: { help: 'Time of a whole answer.', type: 'histogram', buckets: SECONDS },
  fieldkit_first_sentence_seconds: {
    help: 'Time to the first verified sentence.',
    type: 'histogram',
    buckets: SECONDS,
  },
  fieldkit_step_seconds: { help: 'Time of a step by kind.', type: 'histogram', buckets: SECONDS },
  fieldkit_tokens_total: { help: 'Model tokens by direction.', type: 'counter' },
  fieldkit_cost_micro_units_total: { help: 'Cost in millionths of a currency unit.', type: 'counter' },
  fieldkit_refused_total: { help: 'Requests refused, by code.', type: 'counter' },
  fieldkit_client_gone_total: { help: 'Answers whose client went away.', type: 'counter' },
};

/** The server's metrics, with those that are read from the process when asked for. */
export function createServerMetrics({ gate, load }: { readonly gate: Gate; readonly load: LoadMeter }): Metrics {
  return createMetrics({
    ...DECLARED,
    fieldkit_answers_active: { help: 'Answers under way.', type: 'gauge', read: () => gate.active },
    fieldkit_answers_limit: { help: 'Answers that may be under way now.', type: 'gauge', read: () => load.limit },
    fieldkit_answers_waiting: { help: 'Answers that wait for a place.', type: 'gauge', read: () => gate.waiting },
    fieldkit_event_loop_lag_seconds: {
      help: 'Worst lag of the last half second.',
      type: 'gauge',
      read: () => load.worstLagMs() / 1000,
    },
    process_resident_memory_bytes: {
      help: 'Resident memory.',
      type: 'gauge',
      read: () => process.memoryUsage.rss(),
    },
    process_cpu_seconds_total: {
      help: 'CPU time, user and system.',
      type: 'counter',
      read: () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
    },
  });
}

/** Counts a finished run. */
export function countRun(metrics: Metrics, run: Run, status: string, firstSentenceMs: number | undefined): void {
  metrics.count('fieldkit_answers_total', { status, error: run.error?.code.toLowerCase() ?? 'none' });
  metrics.observe('fieldkit_answer_seconds', {}, run.durationMs / 1000);
  if (firstSentenceMs !== undefined) metrics.observe('fieldkit_first_sentence_seconds', {}, firstSentenceMs / 1000);
  for (const { kind, durationMs } of run.steps) metrics.observe('fieldkit_step_seconds', { kind }, durationMs / 1000);
  metrics.count('fieldkit_tokens_total', { direction: 'input' }, run.usage.inputTokens);
  metrics.count('fieldkit_tokens_total', { direction: 'output' }, run.usage.outputTokens);
  if (run.cost !== undefined) {
    metrics.count('fieldkit_cost_micro_units_total', { currency: run.cost.currency }, run.cost.microUnits);
  }
}
