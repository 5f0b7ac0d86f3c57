import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { launcher, plainEnvironment } from './run-fieldkit.ts';

export interface Served {
  /** Without a slash at the end. */
  readonly url: string;
  /** Ends the server as Ctrl-C does. */
  stop(): Promise<void>;
}

/** `fieldkit serve` on a free port, ready to be asked. */
export async function serveProject(root: string, args: readonly string[] = []): Promise<Served> {
  const child = spawn(process.execPath, [launcher, 'serve', '--port', '0', '--json', '--project', root, ...args], {
    env: plainEnvironment(),
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = `${complaints}${text}`.slice(-10_000);
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = createInterface(child.stdout);
  const first = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error(`fieldkit serve ended: ${complaints}`)));
  });
  const { url } = JSON.parse(first) as { url: string };
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
