import {
  acceptedContent,
  type ClientCapabilities,
  inputRequired,
  inputResponse,
  type McpServer,
  type RequestStateCodec,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { textContent, textResult } from './content.ts';

/** The rounds a flow has been through. */
export interface FlowState {
  readonly flow: string;
  readonly round: number;
  readonly name?: string;
}

const form = (message: string, field: string, type: 'string' | 'boolean' = 'string') =>
  inputRequired.elicit({
    mode: 'form',
    message,
    requestedSchema: {
      type: 'object',
      properties: { [field]: type === 'string' ? { type: 'string' as const } : { type: 'boolean' as const } },
      required: [field],
    },
  });
const sample = (text: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: textContent(text) }], maxTokens });

/** The tools of the conformance suite that answer with `input_required` (2026-07-28, SEP-2322). */
export function registerInputRequiredTools(server: McpServer, codec: RequestStateCodec<FlowState>): void {
  const name = z.object({ name: z.string() });
  server.registerTool(
    'test_input_required_result_elicitation',
    { description: "Asks for the user's name" },
    async ({ mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, 'user_name', name);
      return answer === undefined
        ? inputRequired({ inputRequests: { user_name: form('What is your name?', 'name') } })
        : textResult(`Hello, ${answer.name}!`);
    },
  );
  server.registerTool(
    'test_input_required_result_sampling',
    { description: "Asks the client's model" },
    async ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'capital_question');
      if (answer.kind !== 'sampling') {
        return inputRequired({ inputRequests: { capital_question: sample('What is the capital of France?', 100) } });
      }
      return textResult(JSON.stringify(answer.result.content));
    },
  );
  server.registerTool(
    'test_input_required_result_list_roots',
    { description: "Asks for the client's roots" },
    async ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'client_roots');
      if (answer.kind !== 'roots') return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
      return textResult(`Roots: ${answer.roots.map(({ uri }) => uri).join(', ')}`);
    },
  );
  for (const [tool, done] of [
    ['test_input_required_result_request_state', 'state-ok'],
    ['test_input_required_result_tampered_state', 'state-ok'],
  ] as const) {
    server.registerTool(
      tool,
      { description: 'Asks for a confirmation and checks its own state' },
      async ({ mcpReq }) => {
        const state = mcpReq.requestState<FlowState>();
        const answer = acceptedContent(mcpReq.inputResponses, 'confirm', z.object({ ok: z.boolean() }));
        if (answer === undefined || state?.flow !== tool) {
          return inputRequired({
            inputRequests: { confirm: form('Please confirm', 'ok', 'boolean') },
            requestState: await codec.mint({ flow: tool, round: 1 }),
          });
        }
        return textResult(done);
      },
    );
  }
  server.registerTool(
    'test_input_required_result_multiple_inputs',
    { description: 'Asks for three things at once' },
    async ({ mcpReq }) => {
      const { inputResponses } = mcpReq;
      const user = acceptedContent(inputResponses, 'user_name', name);
      const greeting = inputResponse(inputResponses, 'greeting');
      const roots = inputResponse(inputResponses, 'client_roots');
      if (user === undefined || greeting.kind !== 'sampling' || roots.kind !== 'roots') {
        return inputRequired({
          inputRequests: {
            user_name: form('What is your name?', 'name'),
            greeting: sample('Generate a greeting', 50),
            client_roots: inputRequired.listRoots(),
          },
          requestState: await codec.mint({ flow: 'multiple', round: 1 }),
        });
      }
      return textResult(`${user.name} has ${roots.roots.length} roots`);
    },
  );
  server.registerTool(
    'test_input_required_result_multi_round',
    { description: 'Asks twice, one after the other' },
    async ({ mcpReq }) => {
      const state = mcpReq.requestState<FlowState>();
      const first = acceptedContent(mcpReq.inputResponses, 'step1', name);
      const second = acceptedContent(mcpReq.inputResponses, 'step2', z.object({ color: z.string() }));
      if (state?.round === 2 && second !== undefined) return textResult(`${state.name ?? 'You'} like ${second.color}`);
      if (state?.round === 1 && first !== undefined) {
        return inputRequired({
          inputRequests: { step2: form('Step 2: What is your favorite color?', 'color') },
          requestState: await codec.mint({ flow: 'multi', round: 2, name: first.name }),
        });
      }
      return inputRequired({
        inputRequests: { step1: form('Step 1: What is your name?', 'name') },
        requestState: await codec.mint({ flow: 'multi', round: 1 }),
      });
    },
  );
  server.registerTool(
    'test_input_required_result_capabilities',
    { description: 'Asks only for what the client can do' },
    async ({ mcpReq }) => {
      const can = capabilities(mcpReq.envelope);
      return inputRequired({
        inputRequests: {
          ...(can.elicitation === undefined ? {} : { user_name: form('What is your name?', 'name') }),
          ...(can.sampling === undefined ? {} : { greeting: sample('Generate a greeting', 50) }),
          ...(can.roots === undefined ? {} : { client_roots: inputRequired.listRoots() }),
        },
      });
    },
  );
  // A request that the client has not said it can answer is refused with -32021 before it is sent.
  server.registerTool(
    'test_missing_capability',
    { description: 'Needs a client that can sample' },
    async ({ mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'answer');
      if (answer.kind !== 'sampling') return inputRequired({ inputRequests: { answer: sample('Say yes', 10) } });
      return textResult('The client can sample.');
    },
  );
  server.registerTool(
    'test_streaming_elicitation',
    { description: 'Reports progress, then asks' },
    async ({ mcpReq }) => {
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken: mcpReq._meta?.progressToken ?? 0, progress: 1, total: 2 },
      });
      const answer = acceptedContent(mcpReq.inputResponses, 'user_name', name);
      return answer === undefined
        ? inputRequired({ inputRequests: { user_name: form('What is your name?', 'name') } })
        : textResult(`Hello, ${answer.name}!`);
    },
  );
  server.registerTool('test_logging_tool', { description: 'Logs one message' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'A message for those who asked for it');
    return textResult('logged');
  });
}

function capabilities(
  envelope: { 'io.modelcontextprotocol/clientCapabilities'?: ClientCapabilities } | undefined,
): ClientCapabilities {
  return envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? {};
}
