import { FieldkitError, nearestName } from '@fieldkit/core';
import { requestsExceeded, tokensExceeded, tooSteep } from './rate-limits.ts';
import type { WireError } from './wire-error.ts';

/** Every way to misbehave. Those about streams cut, hang or drip a whole body when none is streamed. */
export const faultKinds = [
  'limit-requests',
  'limit-tokens',
  'limit-burst',
  'error-500',
  'error-503',
  'hang-before-headers',
  'hang-mid-stream',
  'cut-mid-stream',
  'bad-json',
  'wrong-framing',
  'slow-drip',
  'empty-choice',
  'wrong-model',
  'inspection-before',
  'inspection-mid-stream',
  'embedding-base64',
  'embedding-length',
  'arrears',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface FaultRule {
  readonly fault: FaultKind;
  /** Part of the matching requests, 0 to 1, drawn with the seed. Default 1. */
  readonly rate?: number;
  /** Default: all. */
  readonly path?: 'chat' | 'embeddings' | 'rerank' | 'batches';
  /** Only this many of the first matching requests. Default: all. */
  readonly first?: number;
}

/** @throws {FieldkitError} `INVALID_OPTION` for an unknown fault or a rate that is none. */
export function checkFaults(rules: readonly FaultRule[]): readonly FaultRule[] {
  for (const { fault, rate = 1 } of rules) {
    if (!faultKinds.includes(fault)) {
      const near = nearestName(fault, faultKinds);
      throw new FieldkitError(
        'INVALID_OPTION',
        `no fault ${JSON.stringify(fault)}; ${near === undefined ? `known are ${faultKinds.join(', ')}` : `did you mean ${near}?`}`,
      );
    }
    if (!(rate >= 0 && rate <= 1))
      throw new FieldkitError('INVALID_OPTION', `the rate of ${fault} is from 0 to 1, not ${rate}`);
  }
  return rules;
}

/** Reads `cut-mid-stream`, `error-500@0.1` or `limit-tokens@1:embeddings`, several separated by commas. */
export function parseFaults(text: string): readonly FaultRule[] {
  return checkFaults(
    text
      .split(',')
      .filter((one) => one.trim() !== '')
      .map((one) => {
        const [, fault = '', rate, path] =
          /^\s*([\w-]+)(?:@([\d.]+))?(?::(chat|embeddings|rerank|batches))?\s*$/.exec(one) ?? [];
        return {
          fault: (fault === '' ? one.trim() : fault) as FaultKind, // checked above
          ...(rate === undefined ? {} : { rate: Number(rate) }),
          ...(path === undefined ? {} : { path: path as NonNullable<FaultRule['path']> }), // as the pattern says
        };
      }),
  );
}

/** The fault of a request, if one is due. */
export type FaultPicker = (path: string) => FaultKind | undefined;

export function createFaultPicker(rules: readonly FaultRule[], random: () => number): FaultPicker {
  const used = new Map<FaultRule, number>();
  return (path) => {
    for (const rule of checkFaults(rules)) {
      if (rule.path !== undefined && rule.path !== path) continue;
      const times = used.get(rule) ?? 0;
      if (rule.first !== undefined && times >= rule.first) continue;
      if (rule.rate !== undefined && random() >= rule.rate) continue;
      used.set(rule, times + 1);
      return rule.fault;
    }
    return undefined;
  };
}

/** Faults that are an error instead of an answer. */
export function faultError(fault: FaultKind | undefined): WireError | undefined {
  switch (fault) {
    case 'limit-requests':
      return requestsExceeded();
    case 'limit-tokens':
      return tokensExceeded();
    case 'limit-burst':
      return tooSteep();
    case 'error-500':
      return {
        status: 500,
        code: 'InternalError',
        type: 'server_error',
        message: 'An internal error has occurred, please try again later.',
      };
    case 'error-503':
      return {
        status: 503,
        code: 'ModelServingError',
        type: 'server_error',
        message: 'Too many requests. Your requests are being throttled due to system capacity limits.',
      };
    case 'inspection-before':
      return inspection('Input');
    case 'arrears':
      return {
        status: 400,
        code: 'Arrearage',
        type: 'Arrearage',
        message: 'Access denied, please make sure your account is in good standing.',
      };
    default:
      return undefined;
  }
}

export function inspection(side: 'Input' | 'Output'): WireError {
  return {
    status: 400,
    code: 'data_inspection_failed',
    type: 'data_inspection_failed',
    message: `${side} data may contain inappropriate content.`,
  };
}
