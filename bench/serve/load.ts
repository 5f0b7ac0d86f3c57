import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

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
  const client = createClient(url, headers);
  const count = Math.round(rate * seconds);
  const start = performance.now();
  const samples: Promise<Sample>[] = [];
  for (let index = 0; index < count; ) {
    const due = Math.min(count, Math.floor(((performance.now() - start) * rate) / 1000) + 1);
    for (; index < due; index += 1) {
      const at = (index * 1000) / rate;
      samples.push(client.send(bodyOf(index), start + at, at));
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const done = await Promise.all(samples);
  client.close();
  return done;
}

/** HTTP/1.1 over kept sockets, as little as it takes: the client shares the processors with what it measures. */
function createClient(address: string, headers: Readonly<Record<string, string>>) {
  const { hostname, port, host, pathname } = new URL(address);
  const idle: Socket[] = [];
  const all = new Set<Socket>();
  const given = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\n${given.join('')}content-type: application/json\r\ncontent-length: `;
  const open = (): Socket => {
    const socket = connect(Number(port), hostname).setNoDelay(true).setEncoding('latin1');
    all.add(socket);
    socket.once('close', () => {
      all.delete(socket);
      const at = idle.indexOf(socket); // the server may close one that waits
      if (at !== -1) idle.splice(at, 1);
    });
    return socket;
  };
  return {
    send(body: string, meant: number, at: number): Promise<Sample> {
      const sendLagMs = performance.now() - meant;
      const kept = idle.pop();
      const socket = kept?.writable === true ? kept : open();
      return new Promise((resolve) => {
        let firstMs: number | undefined;
        let status = 0;
        let length: number | undefined;
        let start = '';
        let tail = '';
        const end = (reusable: boolean) => {
          socket.off('data', hear).off('error', fail).off('close', fail);
          if (reusable) idle.push(socket);
          else socket.destroy();
          resolve({
            status,
            firstMs,
            endMs: performance.now() - meant,
            complete: status === 200 && tail.includes('data: [DONE]\n\n') && !tail.includes('"error"'),
            error: /"code":"(\w+)"/.exec(/\{"error".*/.exec(tail)?.[0] ?? '')?.[1],
            sendLagMs,
            at,
          });
        };
        const fail = () => end(false);
        const hear = (text: string) => {
          tail = (tail + text).slice(-600);
          if (status === 0) {
            start += text;
            const headEnd = start.indexOf('\r\n\r\n');
            if (headEnd === -1) return;
            status = Number(start.slice(9, 12));
            const said = /\ncontent-length: (\d+)/i.exec(start.slice(0, headEnd))?.[1];
            length = said === undefined ? undefined : headEnd + 4 + Number(said);
          } else if (length !== undefined) start += text;
          if (firstMs === undefined && text.includes('"content":"') && /"content":"[^"]/.test(text)) {
            firstMs = performance.now() - meant;
          }
          if (length === undefined ? tail.endsWith('0\r\n\r\n') : start.length >= length) end(true);
        };
        socket.on('data', hear).on('error', fail).on('close', fail);
        socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
      });
    },
    close() {
      for (const socket of all) socket.destroy();
    },
  };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export interface ProcessFigures {
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly residentMb: number;
  /** Resident, with pages that several processes share counted once. */
  readonly proportionalMb: number;
}

/** CPU ms, user and system, and resident memory in MB of a process with those that it started (Linux). */
export function processFigures(pid: number): ProcessFigures {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  const own = {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, // clock ticks of 10 ms
    peakMb: mb('VmHWM'),
    residentMb: mb('VmRSS'),
    proportionalMb: Math.round(
      Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024,
    ),
  };
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return children
    .map((child) => processFigures(Number(child)))
    .reduce(
      (sum, { cpuMs, peakMb, residentMb, proportionalMb }) => ({
        cpuMs: sum.cpuMs + cpuMs,
        peakMb: sum.peakMb + peakMb,
        residentMb: sum.residentMb + residentMb,
        proportionalMb: sum.proportionalMb + proportionalMb,
      }),
      own,
    );
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
