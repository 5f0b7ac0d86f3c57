import { type DestinationStream, type Logger, pino } from 'pino';

/** What the server writes of itself: one line of JSON each, ids and figures, never what was asked or answered. */
export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Fields whose value is never written, wherever they stand at the first two levels. */
const SECRET = [
  'authorization',
  'apiKey',
  'key',
  'token',
  'password',
  'cookie',
  'question',
  'content',
  'messages',
  'body',
];

/** @param destination Default: standard output. */
export function createLog(level: string, destination?: DestinationStream): Log {
  const logger: Logger = pino(
    {
      level,
      base: { service: 'fieldkit' },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    },
    ...(destination === undefined ? [] : [destination]),
  );
  return {
    info: (facts, message) => logger.info(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    error: (facts, message) => logger.error(facts, message),
  };
}
