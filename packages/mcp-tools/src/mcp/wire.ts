import {
  errorCodes,
  FieldkitError,
  type PassagesOutput,
  passageSchema,
  passagesOutputSchema,
  type Tool,
  type ToolResult,
  toFieldkitError,
} from '@fieldkit/core';
import type { CallToolResult, Tool as WireTool } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { jsonSchemaOf } from '../define-tool.ts';
import { isRecord } from '../json-schema.ts';
import { passagesText } from '../tools/search-knowledge.ts';

/** How tools and their results are written on the wire, read by our own client and by any other. */

/** `_meta` of a tool: what MCP has no field for. */
const TOOL_META = 'fieldkit/tool';
/** `_meta` of a failed call: the error's code, so that it is the same at both ends. */
const ERROR_META = 'fieldkit/error';
/** `_meta` of a refusal: its structured form. */
const DATA_META = 'fieldkit/data';

/** A passage without its words: they travel as text, once. */
const wirePassagesSchema = z.object({ passages: z.array(passageSchema.omit({ text: true })) });
const wirePassagesJsonSchema = jsonSchemaOf(wirePassagesSchema, 'output');

export function toWireTool(tool: Tool): WireTool {
  const outputSchema = tool.yields === 'passages' ? wirePassagesJsonSchema : tool.outputSchema;
  return {
    name: tool.name,
    description: tool.description,
    // A tool's input is always an object schema; the wire type says so and ours does not.
    inputSchema: { ...tool.inputSchema, type: 'object' },
    ...(outputSchema === undefined ? {} : { outputSchema: { ...outputSchema, type: 'object' } }),
    annotations: {
      readOnlyHint: tool.effects === 'read',
      ...(tool.effects === 'write' ? { destructiveHint: true } : {}),
      ...(tool.idempotent === undefined ? {} : { idempotentHint: tool.idempotent }),
      ...(tool.outside === undefined ? {} : { openWorldHint: tool.outside }),
    },
    _meta: { [TOOL_META]: { effects: tool.effects, yields: tool.yields, timeoutMs: tool.timeoutMs } },
  };
}

/** What a server of ours says about a tool besides MCP's fields. */
export function toolFacts(tool: WireTool): { effects?: 'read' | 'write'; timeoutMs?: number } {
  const facts = tool._meta?.[TOOL_META];
  if (!isRecord(facts)) return {};
  return {
    ...(facts.effects === 'read' || facts.effects === 'write' ? { effects: facts.effects } : {}),
    ...(typeof facts.timeoutMs === 'number' && facts.timeoutMs > 0 ? { timeoutMs: facts.timeoutMs } : {}),
  };
}

/**
 * A result on the wire. Passages: one text block each (a line that says where it stands, then its words), everything else about them structured, so that
 * the two forms never say the same twice. Records: lines of text, and the record structured.
 */
export function toWireResult(tool: Tool, result: ToolResult): CallToolResult {
  if (result.isError) {
    return { isError: true, content: [{ type: 'text', text: result.text }], _meta: { [DATA_META]: result.data } };
  }
  if (tool.yields === 'passages') {
    const { passages } = passagesOutputSchema.parse(result.data);
    return {
      content: passagesText(passages).map((text) => ({ type: 'text' as const, text })),
      structuredContent: { passages: passages.map(({ text: _, ...facts }) => facts) },
    };
  }
  return {
    content: [{ type: 'text', text: result.text }],
    ...(tool.outputSchema === undefined || !isRecord(result.data) ? {} : { structuredContent: result.data }),
  };
}

/** A failure as a result that a model can read, as the specification asks of tools. */
export function toWireError(error: unknown): CallToolResult {
  const { code, message, retryable, details } = toFieldkitError(error, 'TOOL_FAILED');
  const retryAfterMs = typeof details.retryAfterMs === 'number' ? { retryAfterMs: details.retryAfterMs } : {};
  return {
    isError: true,
    content: [{ type: 'text', text: message }],
    _meta: { [ERROR_META]: { code, message, retryable, ...retryAfterMs } },
  };
}

/**
 * Reads a result back.
 *
 * @throws {FieldkitError} the failure that `toWireError` wrote; `TOOL_INVALID_OUTPUT` for passages that are none.
 */
export function fromWireResult(result: CallToolResult, name: string, yields: 'passages' | 'record'): ToolResult {
  const text = contentText(result);
  if (result.isError === true) {
    const error = readError(result._meta?.[ERROR_META]);
    if (error !== undefined) throw error;
    return { isError: true, text, data: result._meta?.[DATA_META] ?? { error: { message: text } } };
  }
  if (yields === 'passages') return { isError: false, text, data: readPassages(result, name) };
  return { isError: false, text, data: result.structuredContent ?? { text } };
}

function readPassages(result: CallToolResult, name: string): PassagesOutput {
  const parsed = wirePassagesSchema.safeParse(result.structuredContent);
  const blocks = result.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  if (!parsed.success || (parsed.data.passages.length > 0 && blocks.length !== parsed.data.passages.length)) {
    throw new FieldkitError('TOOL_INVALID_OUTPUT', `${name} did not return passages`, { cause: parsed.error });
  }
  return {
    passages: parsed.data.passages.map((facts, index) => {
      const block = blocks[index] ?? '';
      return { ...facts, text: block.slice(block.indexOf('\n') + 1) };
    }),
  };
}

/** The text of a result; what is no text is named, never silently dropped. */
function contentText(result: CallToolResult): string {
  return result.content
    .map((block) => {
      switch (block.type) {
        case 'text':
          return block.text;
        case 'resource':
          return 'text' in block.resource ? block.resource.text : `[resource ${block.resource.uri}]`;
        case 'resource_link':
          return `[resource ${block.uri}]`;
        default:
          return `[${block.type} left out]`;
      }
    })
    .join('\n\n');
}

const CODES = z.object({
  code: z.enum(errorCodes as [(typeof errorCodes)[number], ...(typeof errorCodes)[number][]]), // a literal table that is never empty
  message: z.string().max(4000),
  retryable: z.boolean(),
  retryAfterMs: z.number().min(0).optional(),
});

function readError(value: unknown): FieldkitError | undefined {
  const parsed = CODES.safeParse(value);
  if (!parsed.success) return undefined;
  const { code, message, retryable, retryAfterMs } = parsed.data;
  const error = new FieldkitError(code, message, {
    retryable,
    ...(retryAfterMs === undefined ? {} : { details: { retryAfterMs } }),
  });
  return error;
}
