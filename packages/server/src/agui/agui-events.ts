import type { AgentEvent } from '@fieldkit/agent';
import { type FieldkitError, waitsForPerson } from '@fieldkit/core';
import { wireFailureOf } from '../http/http-failure.ts';

/** An event of the AG-UI protocol (docs.ag-ui.com, 1.0, November 2026). */
export interface AguiEvent {
  readonly type: string;
  readonly timestamp?: number;
  readonly [field: string]: unknown;
}

export interface AguiNames {
  readonly threadId: string;
  readonly runId: string;
}

/**
 * Turns the events of a run into AG-UI's. Nodes are steps; citations, tools at work, what waits for a person and the finished answer are `CUSTOM` events
 * `fieldkit.citation`, `fieldkit.tool`, `fieldkit.approval` and `fieldkit.answer`: tools are named, with their time, but not what they were given or gave.
 */
export function createAguiTranslator({ threadId, runId }: AguiNames): (event: AgentEvent) => AguiEvent[] {
  const messageId = `message-${runId}`;
  let open = false;
  const steps: string[] = [];
  const custom = (name: string, value: unknown): AguiEvent => ({ type: 'CUSTOM', name: `fieldkit.${name}`, value });
  const text = (delta: string): AguiEvent[] => {
    const start = open ? [] : [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }];
    open = true;
    return delta === '' ? start : [...start, { type: 'TEXT_MESSAGE_CONTENT', messageId, delta }];
  };
  const endStep = (node: string): AguiEvent[] => {
    const at = steps.indexOf(node);
    if (at === -1) return [];
    steps.splice(at, 1);
    return [{ type: 'STEP_FINISHED', stepName: node }];
  };
  return (event) => {
    switch (event.type) {
      case 'run-start':
        return [{ type: 'RUN_STARTED', threadId, runId }];
      case 'node-start':
        if (steps.includes(event.node)) return [];
        steps.push(event.node);
        return [{ type: 'STEP_STARTED', stepName: event.node }];
      case 'node-end':
        return endStep(event.node);
      case 'tool-start':
        return [custom('tool', { phase: 'start', stepId: event.stepId, tool: event.tool })];
      case 'tool-end': {
        const { stepId, tool, durationMs, isError } = event;
        return [custom('tool', { phase: 'end', stepId, tool, durationMs, isError })];
      }
      case 'citation':
        return [custom('citation', event.citation)];
      case 'finding':
        return [custom('finding', event.finding)];
      case 'approval-request': {
        const { id, tool, expiresAt } = event.approval;
        return [custom('approval', { id, tool, expiresAt })];
      }
      case 'text-delta':
        return text(event.text);
      case 'run-end': {
        const { answer, run } = event;
        const rest = open || answer.text === '' ? [] : text(answer.text);
        const close = open ? [{ type: 'TEXT_MESSAGE_END', messageId }] : [];
        const ended = [...steps].flatMap(endStep);
        const said = custom('answer', {
          status: answer.status,
          language: answer.language,
          usage: answer.usage,
          runId: answer.runId,
        });
        if (answer.status === 'failed' && !waitsForPerson(run))
          return [...rest, ...close, ...ended, said, runError(run.error?.code ?? 'INTERNAL')];
        return [...rest, ...close, ...ended, said, { type: 'RUN_FINISHED', threadId, runId }];
      }
      default:
        return [];
    }
  };
}

export function runError(errorCode: FieldkitError['code'] | string): AguiEvent {
  const { code, message } = wireFailureOf(errorCode);
  return { type: 'RUN_ERROR', message, code };
}
