import { useText } from '../text/use-text.ts';
import { Value } from '../ui/parts.tsx';

/** What went into a step or came out of it: the messages of a model call one by one, long texts as texts, the rest as JSON. */
export function StepValue({ value, label }: { value: unknown; label: string }) {
  const text = useText();
  if (value === undefined || value === null) return <p class="muted small">{text.runs.nothing}</p>;
  if (typeof value !== 'object' || Array.isArray(value)) return <Value value={value} label={label} />;
  const { messages, text: said, ...rest } = value as { messages?: unknown; text?: unknown };
  const parts = Array.isArray(messages) ? messages : [];
  return (
    <>
      {parts.map((message: unknown, index) => (
        <div key={index} class="message">
          <span class="message-role">{String(partOf(message, 'role') ?? '')}</span>
          <Value value={partOf(message, 'content') ?? message} label={`${label} ${index + 1}`} />
        </div>
      ))}
      {typeof said === 'string' && said !== '' && <Value value={said} label={label} />}
      {Object.keys(rest).length > 0 && <Value value={rest} label={label} />}
    </>
  );
}

function partOf(value: unknown, key: string): unknown {
  return value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined;
}
