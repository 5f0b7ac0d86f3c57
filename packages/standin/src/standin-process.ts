import { parseArgs } from 'node:util';
import { toFieldkitError } from '@fieldkit/core';
import { standinFromArguments } from './standin-arguments.ts';

/** The stand-in as a process: says one JSON line when it is ready and ends when its standard input ends. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    script: { type: 'string' },
    latency: { type: 'string' },
    faults: { type: 'string' },
    limits: { type: 'string' },
    seed: { type: 'string' },
    models: { type: 'string' },
  },
});

try {
  const { port, ...rest } = values;
  const { url, close } = await standinFromArguments(rest).listen(Number(port));
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);
  const end = () => {
    void close().finally(() => process.exit(0));
  };
  process.stdin.on('end', end).on('close', end).on('error', end).resume();
  process.on('SIGTERM', end).on('SIGINT', end);
} catch (error) {
  process.stderr.write(`${toFieldkitError(error).message}\n`);
  process.exitCode = 2;
}
