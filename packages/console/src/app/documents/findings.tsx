import type { Finding } from '@fieldkit/core';
import { Badge, type Tone } from '../ui/parts.tsx';

const TONES: Readonly<Record<Finding['severity'], Tone>> = { error: 'bad', warning: 'warn', info: 'neutral' };

export function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <ul class="findings">
      {findings.map(({ severity, code, message, where, suggestion }) => (
        <li key={`${code} ${where ?? ''} ${message}`}>
          <Badge tone={TONES[severity]}>{code}</Badge>
          <div>
            <p>
              {where === undefined || message.startsWith(where) ? '' : `${where}: `}
              {message}
            </p>
            {suggestion !== undefined && <p class="muted small">{suggestion}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}
