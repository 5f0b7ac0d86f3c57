const [kind = 'ours', baseUrl = ''] = process.argv.slice(2);
const AT_ONCE = 1000;
const request = { messages: [{ role: 'user' as const, content: 'hello '.repeat(50) }], seed: 1 };
const body = { model: 'm', ...request, stream: true as const, stream_options: { include_usage: true } };
async function start(): Promise<() => Promise<void>> {
  switch (kind) {
    case 'ours': {
      const { createEndpoint } = await import('@fieldkit/models');
      const model = createEndpoint({ profile: 'generic', baseUrl, apiKey: 'k' }).chat('m');
      return async () => {
        for await (const _ of model.chat(request)) {
          /* read */
        }
      };
    }
    case 'sdk': {
      const { default: OpenAI } = await import('openai');
      const client = new OpenAI({ apiKey: 'k', baseURL: baseUrl, maxRetries: 0 });
      return async () => {
        for await (const _ of await client.chat.completions.create(body)) {
          /* read */
        }
      };
    }
    case 'undici': {
      const { request: req, Agent } = await import('undici');
      const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
      return async () => {
        const r = await req(`${baseUrl}/chat/completions`, {
          method: 'POST',
          dispatcher,
          headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        for await (const _ of r.body) {
          /* read */
        }
      };
    }
    default:
      return async () => {
        const r = await fetch(`${baseUrl}/chat/completions`, {
          method: 'POST',
          headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        for await (const _ of r.body ?? []) {
          /* read */
        }
      };
  }
}
const run = await start();
await run();
const mb = (bytes: number) => Math.round(bytes / 2 ** 20);
const idle = process.memoryUsage();
let peak = idle.rss;
let at = idle;
const watch = setInterval(() => {
  const now = process.memoryUsage();
  if (now.rss > peak) {
    peak = now.rss;
    at = now;
  }
}, 50);
const before = process.cpuUsage();
await Promise.all(Array.from({ length: AT_ONCE }, run));
clearInterval(watch);
const cpu = process.cpuUsage(before);
console.log(
  JSON.stringify({
    kind,
    idle: mb(idle.rss),
    peak: mb(peak),
    heapTotal: mb(at.heapTotal),
    heapUsed: mb(at.heapUsed),
    external: mb(at.external),
    arrayBuffers: mb(at.arrayBuffers),
    cpuMs: Math.round((cpu.user + cpu.system) / 1000),
  }),
);
process.exit(0);
