import { setTimeout as wait } from 'node:timers/promises';
import {
  type ElicitRequestFormParams,
  fromJsonSchema,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { PNG, textContent, textResult, WAV } from './content.ts';

const STEP_MS = 50;

/** What changes when a trigger tool is called. */
export interface ListChanges {
  toolsChanged(): void;
  promptsChanged(): void;
}

/** The tools that the conformance suite calls, by the names and results it prescribes. */
export function registerTools(server: McpServer, changes: ListChanges): void {
  server.registerTool('test_simple_text', { description: 'Returns a text' }, async () =>
    textResult('This is a simple text response for testing.'),
  );
  server.registerTool('test_image_content', { description: 'Returns an image' }, async () => ({
    content: [{ type: 'image', data: PNG, mimeType: 'image/png' }],
  }));
  server.registerTool('test_audio_content', { description: 'Returns a sound' }, async () => ({
    content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  }));
  server.registerTool('test_embedded_resource', { description: 'Returns a resource' }, async () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  }));
  server.registerTool(
    'test_multiple_content_types',
    { description: 'Returns a text, an image and a resource' },
    async () => ({
      content: [
        textContent('Multiple content types test:'),
        { type: 'image', data: PNG, mimeType: 'image/png' },
        {
          type: 'resource',
          resource: {
            uri: 'test://mixed-content-resource',
            mimeType: 'application/json',
            text: '{"test":"data","value":123}',
          },
        },
      ],
    }),
  );
  server.registerTool('test_error_handling', { description: 'Always fails' }, async () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool('test_tool_with_logging', { description: 'Logs three messages' }, async ({ mcpReq }) => {
    for (const [index, message] of [
      'Tool execution started',
      'Tool processing data',
      'Tool execution completed',
    ].entries()) {
      if (index > 0) await wait(STEP_MS);
      await mcpReq.log('info', message);
    }
    return textResult('Three messages were logged.');
  });
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports progress three times' },
    async ({ mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progress > 0) await wait(STEP_MS);
        if (progressToken !== undefined) {
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
        }
      }
      return textResult('Progress was reported.');
    },
  );
  server.registerTool('test_reconnection', { description: 'Ends its stream before it answers' }, async ({ http }) => {
    http?.closeSSE?.();
    await wait(2 * STEP_MS);
    return textResult('The answer came on the second stream.');
  });
  registerClientRequests(server);
  server.registerTool(
    'json_schema_2020_12_tool',
    {
      description: 'Takes an input schema with the whole vocabulary of JSON Schema 2020-12',
      inputSchema: fromJsonSchema(SCHEMA_2020_12),
    },
    async () => textResult('ok'),
  );
  server.registerTool(
    'test_custom_header',
    {
      description: 'Mirrors an argument into a header',
      inputSchema: fromJsonSchema<{ region: string }>({
        type: 'object',
        properties: { region: REGION },
        required: ['region'],
      }),
    },
    async ({ region }) => textResult(`region: ${region}`),
  );
  server.registerTool('test_trigger_tool_change', { description: 'Says that the list of tools changed' }, async () => {
    changes.toolsChanged();
    return textResult('done');
  });
  server.registerTool(
    'test_trigger_prompt_change',
    { description: 'Says that the list of prompts changed' },
    async () => {
      changes.promptsChanged();
      return textResult('done');
    },
  );
}

/** Requests of a 2025-era server to its client, in the middle of a call. */
function registerClientRequests(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    {
      description: "Asks the client's model",
      inputSchema: z.object({ prompt: z.string().describe('The prompt to send to the LLM') }),
    },
    async ({ prompt }, { mcpReq }) => {
      const { content } = await mcpReq.requestSampling({
        messages: [{ role: 'user', content: textContent(prompt) }],
        maxTokens: 100,
      });
      const [first] = Array.isArray(content) ? content : [content];
      return textResult(`LLM response: ${first?.type === 'text' ? first.text : JSON.stringify(first)}`);
    },
  );
  const ask = async (
    { mcpReq }: ServerContext,
    message: string,
    requestedSchema: ElicitRequestFormParams['requestedSchema'],
    said: string,
  ) => {
    const { action, content } = await mcpReq.elicitInput({ mode: 'form', message, requestedSchema });
    return textResult(`${said}: action=${action}, content=${JSON.stringify(content ?? {})}`);
  };
  server.registerTool(
    'test_elicitation',
    {
      description: 'Asks the user',
      inputSchema: z.object({ message: z.string().describe('The message to show the user') }),
    },
    async ({ message }, context) =>
      ask(
        context,
        message,
        {
          type: 'object',
          properties: {
            username: { type: 'string', description: "User's response" },
            email: { type: 'string', description: "User's email address" },
          },
          required: ['username', 'email'],
        },
        'User response',
      ),
  );
  server.registerTool(
    'test_elicitation_sep1034_defaults',
    { description: 'Asks with default values' },
    async (context) =>
      ask(
        context,
        'Please check these values',
        {
          type: 'object',
          properties: {
            name: { type: 'string', default: 'John Doe' },
            age: { type: 'integer', default: 30 },
            score: { type: 'number', default: 95.5 },
            status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
            verified: { type: 'boolean', default: true },
          },
        },
        'Elicitation completed',
      ),
  );
  const plain = ['option1', 'option2', 'option3'];
  const titled = (word: string) =>
    ['First', 'Second', 'Third'].map((ordinal, index) => ({ const: `value${index + 1}`, title: `${ordinal} ${word}` }));
  server.registerTool(
    'test_elicitation_sep1330_enums',
    { description: 'Asks with choices of five kinds' },
    async (context) =>
      ask(
        context,
        'Please choose',
        {
          type: 'object',
          properties: {
            untitledSingle: { type: 'string', enum: plain },
            titledSingle: { type: 'string', oneOf: titled('Option') },
            legacyEnum: {
              type: 'string',
              enum: ['opt1', 'opt2', 'opt3'],
              enumNames: ['Option One', 'Option Two', 'Option Three'],
            },
            untitledMulti: { type: 'array', items: { type: 'string', enum: plain } },
            titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
          },
        },
        'Elicitation completed',
      ),
  );
}

/** `x-mcp-header` mirrors the argument into an HTTP header (SEP-2243). */
const REGION = { type: 'string' as const, description: 'Where it is run', 'x-mcp-header': 'Region' };

const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};
