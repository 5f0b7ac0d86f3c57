import { FieldkitError, type JsonSchema, recordLines, type Tool, type ToolContext } from '@fieldkit/core';
import { z } from 'zod';

export interface ToolDeclaration<Input extends z.ZodType, Output extends z.ZodType> {
  /** `snake_case`: models see it. */
  readonly name: string;
  /** What it does, when to use it, when not. */
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  /** Default `read`. A `write` needs approval or a grant. */
  readonly effects?: 'read' | 'write';
  /** Whether a write with the same `context.callId` takes effect once however often it is called. Default false. */
  readonly idempotent?: boolean;
  /** Whether what it is asked leaves for somebody who may not know what documents and records say. Default false. */
  readonly outside?: boolean;
  /** Default 15,000. */
  readonly timeoutMs?: number;
  run(input: z.infer<Input>, context: ToolContext): Promise<z.infer<Output> | Refusal>;
  /** The output as lines for a model. Default: `recordLines`. */
  text?(output: z.infer<Output>): string;
}

/** A refusal of the customer's system ("no such order"): return it from `run`, the model reads the message and goes on. */
export interface Refusal {
  readonly refused: typeof REFUSED;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const REFUSED = Symbol('refused');

export function refuse(message: string, data: Readonly<Record<string, unknown>> = {}): Refusal {
  return { refused: REFUSED, message, data };
}

function isRefusal(value: unknown): value is Refusal {
  return value !== null && typeof value === 'object' && 'refused' in value && value.refused === REFUSED;
}

/**
 * Makes a tool of two zod schemas and a function. Input is parsed before `run` sees it, output before a model does.
 *
 * @throws {FieldkitError} from the tool's `run`: `TOOL_INVALID_INPUT`, `TOOL_INVALID_OUTPUT`, or what `run` throws.
 */
export function defineTool<Input extends z.ZodType, Output extends z.ZodType>(
  declaration: ToolDeclaration<Input, Output>,
): Tool {
  const { name, description, input, output, effects = 'read', timeoutMs = 15_000 } = declaration;
  const { idempotent, outside } = declaration;
  return {
    name,
    description,
    inputSchema: jsonSchemaOf(input, 'input'),
    outputSchema: jsonSchemaOf(output, 'output'),
    effects,
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(outside === undefined ? {} : { outside }),
    yields: 'record',
    timeoutMs,
    async run(raw, context) {
      const parsed = input.safeParse(raw);
      if (!parsed.success) throw invalidInput(name, z.prettifyError(parsed.error));
      const value = await declaration.run(parsed.data, context);
      if (isRefusal(value)) {
        return {
          data: { error: { message: value.message, ...value.data } },
          text: `error: ${value.message}`,
          isError: true,
        };
      }
      const checked = output.safeParse(value);
      if (!checked.success) {
        throw new FieldkitError(
          'TOOL_INVALID_OUTPUT',
          `${name} returned what its output schema forbids: ${z.prettifyError(checked.error)}`,
        );
      }
      return {
        data: checked.data,
        text: declaration.text?.(checked.data) ?? recordLines(checked.data).join('\n'),
        isError: false,
      };
    },
  };
}

/** JSON Schema 2020-12 of a zod schema, as a model is shown it. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

export function invalidInput(name: string, problems: string): FieldkitError {
  return new FieldkitError('TOOL_INVALID_INPUT', `${name} was called with wrong arguments: ${problems}`);
}
