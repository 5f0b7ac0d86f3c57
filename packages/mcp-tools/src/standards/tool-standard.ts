import type { Finding } from '@fieldkit/core';

/** The limits of the standard; each finding names the one it is about. */
export const TOOL_STANDARD = {
  /** More tools than this and models choose badly; platforms take no more per server. */
  maxTools: 30,
  /** Of one tool's name, description and schemas as a model reads them. */
  maxDefinitionTokens: 1_500,
  minDescriptionLength: 40,
  maxDescriptionLength: 2_000,
  maxEnumValues: 60,
  maxTimeoutMs: 60_000,
} as const;

/** A finding of the standard. */
export function finding(
  severity: Finding['severity'],
  code: string,
  message: string,
  where: string,
  suggestion: string,
): Finding {
  return { severity, code, message, where, suggestion };
}
