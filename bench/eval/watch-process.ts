import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export interface Watched {
  readonly cpuSeconds: number;
  readonly peakRssMiB: number;
  readonly seconds: number;
  readonly output: string;
  readonly code: number | null;
}

/** Processor time and highest memory of a process, from /proc, until it ends. */
export async function watch(child: ChildProcess): Promise<Watched> {
  const started = performance.now();
  let [ticks, peak] = [0, 0];
  let output = '';
  child.stdout?.on('data', (data) => {
    output += data;
  });
  const look = setInterval(() => {
    try {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      ticks = Number(fields[11]) + Number(fields[12]);
      peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? peak);
    } catch {
      // it has just ended
    }
  }, 50);
  const [code] = await once(child, 'close');
  clearInterval(look);
  const seconds = (performance.now() - started) / 1000;
  return {
    cpuSeconds: ticks / 100,
    peakRssMiB: Math.round(peak / 1024),
    seconds: Math.round(seconds * 10) / 10,
    output,
    code,
  };
}
