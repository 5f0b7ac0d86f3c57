import {
  acceptedContent,
  completable,
  inputRequired,
  type McpServer,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { PNG, textContent } from './content.ts';

/** The resources and prompts that the conformance suite reads, by the names and contents it prescribes. */
export function registerResourcesAndPrompts(server: McpServer): void {
  const resource = (uri: string, name: string, mimeType: string, content: { text: string } | { blob: string }) =>
    server.registerResource(name, uri, { description: `Conformance: ${name}`, mimeType }, async () => ({
      contents: [{ uri, mimeType, ...content }],
    }));
  resource('test://static-text', 'static-text', 'text/plain', {
    text: 'This is the content of the static text resource.',
  });
  resource('test://static-binary', 'static-binary', 'image/png', { blob: PNG });
  resource('test://watched-resource', 'watched-resource', 'text/plain', { text: 'Watched resource content.' });
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'Conformance: a resource by id', mimeType: 'application/json' },
    async (uri, { id }) => ({
      contents: [
        {
          uri: uri.href,
          mimeType: 'application/json',
          text: JSON.stringify({ id: String(id), templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
  // A 2025 client subscribes by request; nothing of the fixture ever changes by itself.
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));

  const user = (content: { type: 'text'; text: string } | { type: 'image'; data: string; mimeType: string }) => ({
    role: 'user' as const,
    content,
  });
  server.registerPrompt('test_simple_prompt', { description: 'A prompt without arguments' }, async () => ({
    messages: [user(textContent('This is a simple prompt for testing.'))],
  }));
  const completions = (value: string) => ['paris', 'park', 'party'].filter((word) => word.startsWith(value));
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'A prompt with two arguments',
      argsSchema: z.object({
        arg1: completable(z.string().describe('First test argument'), completions),
        arg2: z.string().describe('Second test argument'),
      }),
    },
    async ({ arg1, arg2 }) => ({
      messages: [user(textContent(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
    }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      description: 'A prompt with a resource',
      argsSchema: z.object({ resourceUri: z.string().describe('URI of the resource to embed') }),
    },
    async ({ resourceUri }) => ({
      messages: [
        {
          role: 'user',
          content: {
            type: 'resource',
            resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
          },
        },
        user(textContent('Please process the embedded resource above.')),
      ],
    }),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'A prompt with an image' }, async () => ({
    messages: [
      user({ type: 'image', data: PNG, mimeType: 'image/png' }),
      user(textContent('Please analyze the image above.')),
    ],
  }));
  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'A prompt that asks for context first' },
    async ({ mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, 'user_context', z.object({ context: z.string() }));
      if (answer === undefined) {
        return inputRequired({
          inputRequests: {
            user_context: inputRequired.elicit({
              mode: 'form',
              message: 'What context should the prompt use?',
              requestedSchema: { type: 'object', properties: { context: { type: 'string' } }, required: ['context'] },
            }),
          },
        });
      }
      return { messages: [user(textContent(`Use this context: ${answer.context}`))] };
    },
  );
}
