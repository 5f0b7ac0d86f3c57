import type { Finding } from '@fieldkit/core';
import type { Terminal } from './terminal.ts';

/** Findings as lines: severity, place, message, what to do. */
export function showFindings(findings: readonly Finding[], { line, style }: Terminal): void {
  for (const { severity, code, message, where, suggestion } of findings) {
    const paint = severity === 'error' ? style.red : severity === 'warning' ? style.yellow : style.dim;
    line(`${paint(severity)}  ${where === undefined ? '' : `${where}: `}${message}  ${style.dim(code)}`);
    if (suggestion !== undefined) line(`       → ${suggestion}`);
  }
}
