import { resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import { standinFromArguments } from '@fieldkit/standin';
import { type Command, flag, stringOption } from '../command.ts';

export const command: Command = {
  usage:
    'standin [--port N] [--script FILE] [--latency …] [--faults …] [--limits rpm=N,tpm=N] [--seed N] [--models A,B] [--json]',
  description:
    "Serves the stand-in on this machine: an endpoint that speaks OpenAI's protocol and has no language model behind it. It quotes sentences of the\nevidence in the request, by rules; vectors and ranks carry no meaning. For tests, load and rehearsals. Needs no project and takes any API key.",
  options: {
    port: { type: 'string', value: 'N', summary: 'on 127.0.0.1 (default 0: a free port)' },
    script: { type: 'string', value: 'FILE', summary: 'JSON of replies to give instead of quotes' },
    latency: {
      type: 'string',
      value: 'WHEN',
      summary: 'milliseconds: 300, or first=lognormal:300,0.4;between=20 (default: at once)',
    },
    faults: {
      type: 'string',
      value: 'LIST',
      summary: 'error-500@0.1,cut-mid-stream@0.05:chat: a kind, its share, a route (default: none)',
    },
    limits: { type: 'string', value: 'LIST', summary: 'rpm=600,tpm=60000 for each model (default: none)' },
    seed: { type: 'string', value: 'N', summary: 'of everything that is drawn (default 1)' },
    models: { type: 'string', value: 'A,B', summary: 'further model names that it answers to' },
    json: { type: 'boolean', summary: 'print nothing but the line that says where it listens' },
  },
  examples: [
    'fieldkit standin',
    'fieldkit standin --port 8900 --latency "first=lognormal:300,0.4;between=20" --limits rpm=600,tpm=60000',
  ],
  async run(input, { terminal, signal, cwd, self }) {
    const port = Number(stringOption(input, 'port') ?? 0);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new FieldkitError('INVALID_OPTION', '--port must be from 0 to 65535');
    const script = stringOption(input, 'script');
    const standin = standinFromArguments({
      script: script === undefined ? undefined : resolve(cwd, script),
      latency: stringOption(input, 'latency'),
      faults: stringOption(input, 'faults'),
      limits: stringOption(input, 'limits'),
      seed: stringOption(input, 'seed'),
      models: stringOption(input, 'models'),
    });
    const running = await listen(standin, port);
    process.stdout.write(`${JSON.stringify({ ready: true, url: running.url, standin: true })}\n`);
    if (!flag(input, 'json')) {
      terminal.line(
        terminal.style.yellow(
          'This is the stand-in: there is no language model behind it. Answers are quotes from the evidence in the request, picked by rules.',
        ),
      );
      terminal.line(`Next: set endpoint.baseUrl to ${running.url}, then ${self} ask "your question". Ctrl-C ends it.`);
    }
    if (!signal.aborted)
      await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
    await running.close();
    return 0;
  },
};

async function listen(standin: ReturnType<typeof standinFromArguments>, port: number) {
  try {
    return await standin.listen(port);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'EADDRINUSE' || cause.code === 'EACCES'))
      throw new FieldkitError(
        'INVALID_OPTION',
        `port ${port} cannot be used (${cause.code}); leave --port out to take a free one`,
        { cause },
      );
    throw cause;
  }
}
