import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

/** One request of a load, in ms from the time it was meant to be sent. */
export interface Sample {
  readonly status: number;
  /** To the first words of the answer; undefined when there were none. */
  readonly firstMs: number | undefined;
  readonly endMs: number;
  /** What the stream said had gone wrong. */
  readonly error: string | undefined;
  /** Whether the stream ended as it should. */
  readonly complete: boolean;
  /** How late it was sent. */
  readonly sendLagMs: number;
  /** When it was meant to be sent, in ms from the start. */
  readonly at: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyOf: (index: number) => string;
  /** Requests per second, sent by an absolute schedule whatever comes back. */
  readonly rate: number;
  readonly seconds: number;
}

export async function runLoad({ url, headers = {}, bodyOf, rate, seconds }: LoadOptions): Promise<Sample[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const count = Math.round(rate * seconds);
  const start = performance.now();
  const samples: Promise<Sample>[] = [];
  for (let index = 0; index < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - start) * rate) / 1000) + 1);
    for (; index < due; index += 1) {
      const at = (index * 1000) / rate;
      samples.push(sendOne(url, headers, bodyOf(index), agent, start + at, at));
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const done = await Promise.all(samples);
  agent.destroy();
  return done;
}

function sendOne(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  agent: Agent,
  meant: number,
  at: number,
): Promise<Sample> {
  const sendLagMs = performance.now() - meant;
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    let tail = '';
    const end = (status: number) =>
      resolve({
        status,
        firstMs,
        endMs: performance.now() - meant,
        complete: status === 200 && tail.endsWith('data: [DONE]\n\n') && !tail.includes('"error"'),
        error: /"code":"(\w+)"/.exec(/\{"error".*/.exec(tail)?.[0] ?? '')?.[1],
        sendLagMs,
        at,
      });
    const sent = request(url, { method: 'POST', agent, headers: { ...headers, 'content-type': 'application/json' } });
    sent.on('response', (response) => {
      response.setEncoding('latin1').on('data', (text: string) => {
        if (firstMs === undefined && /"content":"[^"]/.test(text)) firstMs = performance.now() - meant;
        tail = (tail + text).slice(-400);
      });
      response.on('end', () => end(response.statusCode ?? 0)).on('error', () => end(0));
    });
    sent.on('error', () => end(0)).end(body);
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** CPU ms, user and system, and the largest resident memory in MB of a process (Linux). */
export function processFigures(pid: number): {
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly residentMb: number;
} {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, // clock ticks of 10 ms
    peakMb: mb('VmHWM'),
    residentMb: mb('VmRSS'),
  };
}

export function summarize(samples: readonly Sample[], seconds: number) {
  const good = samples.filter(({ complete }) => complete);
  const refused = samples.filter(({ status }) => status === 503 || status === 429);
  const ends = good.map(({ endMs }) => endMs);
  const firsts = good.flatMap(({ firstMs }) => (firstMs === undefined ? [] : [firstMs]));
  const errors: Record<string, number> = {};
  for (const { complete, status, error } of samples) {
    if (complete) continue;
    const name = `${status} ${error ?? 'cut'}`;
    errors[name] = (errors[name] ?? 0) + 1;
  }
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    sent: samples.length,
    complete: good.length,
    refused: refused.length,
    failed: samples.length - good.length - refused.length,
    errors,
    goodput: round(good.length / seconds),
    endMs: {
      p50: round(percentile(ends, 0.5)),
      p95: round(percentile(ends, 0.95)),
      p99: round(percentile(ends, 0.99)),
    },
    firstMs: { p50: round(percentile(firsts, 0.5)), p99: round(percentile(firsts, 0.99)) },
    refusedMs: {
      p50: round(
        percentile(
          refused.map(({ endMs }) => endMs),
          0.5,
        ),
      ),
      p99: round(
        percentile(
          refused.map(({ endMs }) => endMs),
          0.99,
        ),
      ),
    },
    sendLagMs: {
      p99: round(
        percentile(
          samples.map(({ sendLagMs }) => sendLagMs),
          0.99,
        ),
      ),
    },
  };
}
