import type { Run } from '@fieldkit/core';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { createTraces } from './traces.ts';

const usage = { inputTokens: 10, outputTokens: 5, calls: 1 };
const step = {
  attempt: 1,
  input: { secret: 'the question' },
  output: 'the answer',
  startedAt: '2026-03-01T12:00:00.100Z',
};
const run: Run = {
  id: 'run-1',
  kind: 'answer',
  caller: { tenant: 'acme', subject: 'anna', groups: [] },
  sessionId: 's1',
  startedAt: '2026-03-01T12:00:00.000Z',
  durationMs: 900,
  input: { question: 'the question' },
  output: { text: 'the answer', status: 'answered' },
  steps: [
    { ...step, id: 'n1', name: 'answer', kind: 'node', durationMs: 700 },
    { ...step, id: 'm1', parentId: 'n1', name: 'qwen', kind: 'model', durationMs: 600, usage },
    {
      ...step,
      id: 't1',
      parentId: 'n1',
      name: 'get_order',
      kind: 'tool',
      durationMs: 50,
      error: { code: 'TIMED_OUT', message: 'late', retryable: true },
    },
  ],
  usage,
};

async function spansOf(content: boolean, parent?: string) {
  const exporter = new InMemorySpanExporter();
  const config = { otlp: 'http://127.0.0.1:1/v1/traces', content, serviceName: 'desk' };
  const traces = createTraces({ config, agent: 'acme-desk', exporter });
  traces.record(run, parent);
  await traces.flush();
  const spans = exporter.getFinishedSpans();
  await traces.close();
  return spans;
}

it('a run becomes a tree of spans with the names of the GenAI conventions, at their own times, without content', async () => {
  const spans = await spansOf(false, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  const byName = new Map(spans.map((span) => [span.name, span]));
  const root = byName.get('invoke_agent acme-desk');
  expect(root?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(root?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
  expect(root?.attributes).toMatchObject({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.conversation.id': 's1',
    'fieldkit.answer.status': 'answered',
  });
  const node = byName.get('node answer');
  const model = byName.get('chat qwen');
  expect(node?.parentSpanContext?.spanId).toBe(root?.spanContext().spanId);
  expect(model?.parentSpanContext?.spanId).toBe(node?.spanContext().spanId);
  expect(model?.attributes).toMatchObject({ 'gen_ai.request.model': 'qwen', 'gen_ai.usage.input_tokens': 10 });
  expect(byName.get('execute_tool get_order')?.attributes).toMatchObject({ 'error.type': 'TIMED_OUT' });
  expect(model?.duration).toEqual([0, 600_000_000]);
  expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('the question');
});

it('content goes along only when it is asked for, and a header that is none starts a trace of its own', async () => {
  const spans = await spansOf(true, 'garbage');
  expect(JSON.stringify(spans.map(({ attributes }) => attributes))).toContain('the question');
  expect(spans.find(({ name }) => name.startsWith('invoke_agent'))?.parentSpanContext).toBeUndefined();
});
