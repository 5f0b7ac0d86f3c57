import type { Run, Step } from '@fieldkit/core';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ServerConfig } from '../server-config.ts';
import { GENAI, OPERATIONS } from './genai-names.ts';

/** Sends finished runs to a collector as spans: one for the answer, one for each of its steps, at the times they really had. */
export interface Traces {
  /** @param parent The `traceparent` header of the request, so that the answer joins the caller's trace. */
  record(run: Run, parent?: string | null): void;
  /** Sends what waits. */
  flush(): Promise<void>;
  /** Sends what waits, for the last time. */
  close(): Promise<void>;
}

export interface TracesOptions {
  readonly config: NonNullable<ServerConfig['traces']>;
  /** Names the agent: the project. */
  readonly agent: string;
  /** Default: OTLP over HTTP to the configured collector. */
  readonly exporter?: SpanExporter;
}

export function createTraces({ config, agent, exporter }: TracesOptions): Traces {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': config.serviceName }),
    spanProcessors: [new BatchSpanProcessor({ exporter: exporter ?? new OTLPTraceExporter({ url: config.otlp }) })],
  });
  const tracer = provider.getTracer('fieldkit');
  const spanOf = (
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    timed: Pick<Step, 'startedAt' | 'durationMs'>,
    within: Context,
  ) => {
    const startTime = Date.parse(timed.startedAt);
    const span = tracer.startSpan(name, { kind, attributes, startTime }, within);
    return { span, end: startTime + timed.durationMs };
  };
  return {
    record(run, parent) {
      const root = spanOf(
        `invoke_agent ${agent}`,
        SpanKind.SERVER,
        runAttributes(run, agent, config.content),
        run,
        parentContext(parent),
      );
      const contexts = new Map<string, Context>();
      const rootContext = trace.setSpan(ROOT_CONTEXT, root.span);
      for (const step of run.steps) {
        const within = (step.parentId === undefined ? undefined : contexts.get(step.parentId)) ?? rootContext;
        const kind = step.kind === 'model' || step.kind === 'tool' ? SpanKind.CLIENT : SpanKind.INTERNAL;
        const { span, end } = spanOf(stepName(step), kind, stepAttributes(step, config.content), step, within);
        contexts.set(step.id, trace.setSpan(ROOT_CONTEXT, span));
        finish(span, step.error?.code, end);
      }
      finish(root.span, run.error?.code, root.end);
    },
    flush: () => provider.forceFlush(),
    close: () => provider.shutdown(),
  };
}

function finish(span: Span, errorCode: string | undefined, end: number): void {
  if (errorCode !== undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute(GENAI.errorType, errorCode);
  }
  span.end(end);
}

function stepName({ kind, name }: Step): string {
  const operation = OPERATIONS[kind];
  return operation === undefined ? `node ${name}` : `${operation} ${name}`;
}

function runAttributes(run: Run, agent: string, content: boolean): Attributes {
  const output = run.output !== null && typeof run.output === 'object' ? run.output : {};
  const status = 'status' in output ? String(output.status) : 'unknown';
  return {
    [GENAI.operation]: 'invoke_agent',
    [GENAI.agentName]: agent,
    [GENAI.runId]: run.id,
    [GENAI.tenant]: run.caller.tenant,
    [GENAI.status]: status,
    [GENAI.inputTokens]: run.usage.inputTokens,
    [GENAI.outputTokens]: run.usage.outputTokens,
    ...(run.sessionId === undefined ? {} : { [GENAI.conversationId]: run.sessionId }),
    ...(content
      ? { [GENAI.inputMessages]: JSON.stringify(run.input), [GENAI.outputMessages]: JSON.stringify(run.output) }
      : {}),
  };
}

function stepAttributes(step: Step, content: boolean): Attributes {
  const { kind, name, usage, attempt } = step;
  const operation = OPERATIONS[kind];
  const [input, output] =
    kind === 'model'
      ? [GENAI.inputMessages, GENAI.outputMessages]
      : kind === 'tool'
        ? [GENAI.toolArguments, GENAI.toolResult]
        : [GENAI.stepInput, GENAI.stepOutput];
  return {
    ...(operation === undefined ? {} : { [GENAI.operation]: operation }),
    ...(attempt === 1 ? {} : { [GENAI.attempt]: attempt }),
    ...(kind === 'model' ? { [GENAI.requestModel]: name } : {}),
    ...(kind === 'tool' ? { [GENAI.toolName]: name, [GENAI.toolCallId]: step.id } : {}),
    ...(usage === undefined
      ? {}
      : { [GENAI.inputTokens]: usage.inputTokens, [GENAI.outputTokens]: usage.outputTokens }),
    ...(content ? { [input]: JSON.stringify(step.input) ?? '', [output]: JSON.stringify(step.output) ?? '' } : {}),
  };
}

/** W3C Trace Context, version 00. What does not parse is no parent. */
function parentContext(header: string | null | undefined): Context {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return ROOT_CONTEXT;
  const sampled = (Number.parseInt(flags ?? '00', 16) & 1) === 1;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  });
}
