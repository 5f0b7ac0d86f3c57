/** The floor: bare Hono that reads a chat request and streams a fixed answer of as many chunks, after the latency of two model calls. */
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';

const [latencyMs = '100', chunks = '8'] = process.argv.slice(2);
const encoder = new TextEncoder();
const app = new Hono();
app.post('/v1/chat/completions', async ({ req }) => {
  const { model } = await req.json<{ model: string }>();
  const chunk = (content: string, finish: string | null) =>
    encoder.encode(
      `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 0, model, choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`,
    );
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      await new Promise((resolve) => setTimeout(resolve, Number(latencyMs)));
      for (let index = 0; index < Number(chunks); index += 1)
        controller.enqueue(chunk('some words of an answer ', null));
      controller.enqueue(chunk('', 'stop'));
      controller.enqueue(encoder.encode('data: [DONE]\n\n'));
      controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
});
const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
