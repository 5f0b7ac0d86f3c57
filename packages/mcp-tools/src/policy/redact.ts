/** Names of fields whose values are secrets, whatever they hold. */
const SECRET_NAME =
  /^(?:.*[_-])?(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization|cookie|session(?:[_-]?id)?|otp|pin|cvv)s?$/i;
/** Secrets by their form, anywhere in a text. */
const SECRET_TEXT: readonly RegExp[] = [
  /\b(?:Bearer|Basic) +[A-Za-z0-9._~+/=-]{8,}/gi,
  /\bsk-[A-Za-z0-9_-]{8,}/g,
  /\b(?:LTAI|AKIA|ASIA)[A-Za-z0-9]{12,}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}\b/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(?<=:\/\/[^\s/:@]+:)[^\s/@]+(?=@)/g,
];

/**
 * A value for a log: fields that are named like secrets and texts that look like them become `[redacted]`. `known` are secrets by value. Depth is
 * limited to 20.
 */
export function redact(value: unknown, known: readonly string[] = [], depth = 0): unknown {
  if (typeof value === 'string') return redactText(value, known);
  if (value === null || typeof value !== 'object') return value;
  if (depth >= 20) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redact(item, known, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAME.test(name.replace(/([a-z])([A-Z])/g, '$1_$2')) ? '[redacted]' : redact(item, known, depth + 1),
    ]),
  );
}

function redactText(text: string, known: readonly string[]): string {
  let result = text;
  for (const secret of known) if (secret.length >= 4) result = result.replaceAll(secret, '[redacted]');
  for (const pattern of SECRET_TEXT) result = result.replace(pattern, '[redacted]');
  return result;
}
