import { parseArgs } from 'node:util';
import { createStandin } from './standin.ts';

/** The stand-in as a process: says one JSON line when it is ready and ends when its standard input ends. */
const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const { url, close } = await createStandin().listen(Number(values.port));
process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);

const end = () => {
  void close().finally(() => process.exit(0));
};
process.stdin.on('end', end).on('close', end).on('error', end).resume();
process.on('SIGTERM', end).on('SIGINT', end);
