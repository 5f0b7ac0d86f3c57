/** Answers any chat request with 500 chunks, or at once; prints its address. Ends with its parent. */
import { createServer } from 'node:http';

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }], usage: null })}\n\n`;
const words = Array.from({ length: 498 }, (_, index) => chunk({ content: `word${index} ` }));
const usage = { prompt_tokens: 75, completion_tokens: 500, total_tokens: 575 };
const end = `${chunk({}, 'stop')}data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`;
const whole = JSON.stringify({
  id: 'c',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'word' }, finish_reason: 'stop' }],
  usage,
});

const server = createServer(async (request, response) => {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  if (!text.includes('"stream":true')) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(whole);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let at = 0; at < words.length; at += 50) {
    response.write(words.slice(at, at + 50).join(''));
    // With a seed at the speed of a model: 500 words in four seconds.
    await new Promise((resolve) => (text.includes('"seed":1') ? setTimeout(resolve, 400) : setImmediate(resolve)));
  }
  response.end(end);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(`http://127.0.0.1:${address.port}/v1`);
});
process.stdin.on('end', () => process.exit(0)).resume();
