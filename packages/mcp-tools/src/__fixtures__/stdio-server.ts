/** A tool server on standard input and output, for tests: it is started as a child. */
import { z } from 'zod';
import { defineTool, refuse } from '../define-tool.ts';
import { serveToolsOverStdio } from '../mcp/serve-stdio.ts';

const echo = defineTool({
  name: 'echo',
  description: 'Says who asks and what was asked.',
  input: z.strictObject({ text: z.string().max(100) }),
  output: z.strictObject({ text: z.string(), subject: z.string(), callId: z.string() }),
  run: async ({ text }, { caller, callId }) =>
    text === 'no' ? refuse('the answer is no', { code: 'NO' }) : { text, subject: caller.subject, callId },
});
const quit = defineTool({
  name: 'quit',
  description: 'Ends the server in the middle of the call.',
  input: z.strictObject({}),
  output: z.strictObject({}),
  run: async () => process.exit(1),
});
const pid = defineTool({
  name: 'pid',
  description: 'The number of the process.',
  input: z.strictObject({}),
  output: z.strictObject({ pid: z.number() }),
  run: async () => ({ pid: process.pid }),
});

const server = await serveToolsOverStdio([echo, quit, pid], { caller: { tenant: 'default', subject: 'child', groups: [] } });
await server.closed;
