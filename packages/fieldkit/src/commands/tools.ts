import { randomUUID } from 'node:crypto';
import { FieldkitError } from '@fieldkit/core';
import type { Project } from '@fieldkit/project';
import {
  CALLER_OPTIONS,
  type Command,
  type CommandContext,
  type CommandInput,
  type ExitCode,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  stringOption,
} from '../command.ts';
import { callerOf, withProject } from '../with-project.ts';

export const command: Command = {
  usage:
    "tools list | tools call NAME '{…}' | tools serve --stdio | tools serve --http PORT [--conformance] [--project DIR] [--json]",
  description:
    'Lists the tools of the project with their schemas, calls one as a model would, or serves them as an MCP server: on standard input and output for a\nclient that starts us, or over streamable HTTP on this machine (spec 2026-07-28 and 2025-11-25).',
  options: {
    ...PROJECT_OPTIONS,
    ...CALLER_OPTIONS,
    stdio: { type: 'boolean', summary: 'serve on standard input and output' },
    http: { type: 'string', value: 'PORT', summary: 'serve over HTTP on 127.0.0.1, path /mcp; 0 takes a free port' },
    conformance: {
      type: 'boolean',
      summary: "serve the fixture of MCP's conformance suite instead (needs no project)",
    },
  },
  examples: [
    'fieldkit tools list',
    `fieldkit tools call search_knowledge '{"query":"warranty of seals"}'`,
    'fieldkit tools serve --http 8790',
  ],
  positionals: { min: 1, max: 3 },
  async run(input, context) {
    const [action, name, argument] = input.positionals;
    if (action === 'serve' && flag(input, 'conformance')) return serveConformance(input, context);
    return withProject<ExitCode>(input, context, async (project) => {
      if (action === 'list' && name === undefined) return list(project, input, context);
      if (action === 'call' && name !== undefined) return call(project, name, argument ?? '{}', input, context);
      if (action === 'serve' && name === undefined) return serve(project, input, context);
      throw new FieldkitError('INVALID_OPTION', `say: fieldkit ${command.usage}`);
    });
  },
};

async function list(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const tools = await project.tools();
  if (flag(input, 'json')) {
    terminal.json(
      tools.map(({ name, description, effects, timeoutMs, inputSchema, outputSchema }) => ({
        name,
        description,
        effects,
        timeoutMs,
        inputSchema,
        outputSchema,
      })),
    );
  }
  for (const { name, description, effects, inputSchema } of tools) {
    terminal.line(`${terminal.style.bold(name)}  (${effects})`);
    terminal.line(`  ${description.replaceAll('\n', '\n  ')}`);
    terminal.line(terminal.style.dim(`  input: ${JSON.stringify(inputSchema.properties ?? {})}\n`));
  }
  terminal.line(`Next: ${nextStep(context, input, `tools call ${tools[0]?.name ?? 'NAME'} '{…}'`)}`);
  return 0;
}

async function call(
  project: Project,
  name: string,
  text: string,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const tools = await project.tools();
  const tool = tools.find((known) => known.name === name);
  if (tool === undefined)
    throw new FieldkitError(
      'TOOL_NOT_FOUND',
      `there is no tool "${name}"; there are: ${tools.map((known) => known.name).join(', ')}`,
    );
  const result = await tool.run(parseArguments(text), {
    caller: callerOf(input, project),
    callId: randomUUID(),
    signal,
  });
  if (flag(input, 'json')) terminal.json(result);
  terminal.line(result.text);
  if (result.isError) terminal.notice(terminal.style.yellow('the tool refused: what it said stands above'));
  return result.isError ? 1 : 0;
}

function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `the tool's input must be JSON, for example '{"query":"warranty"}'; found: ${text}`,
      { cause },
    );
  }
}

async function serve(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { serveToolsOverHttp, serveToolsOverStdio } = await import('@fieldkit/mcp-tools');
  const tools = await project.tools();
  const caller = callerOf(input, project);
  if (flag(input, 'stdio')) {
    const server = await serveToolsOverStdio(tools, {
      caller,
      name: project.config.name,
      onError: (error) => process.stderr.write(`${String(error)}\n`),
    });
    context.signal.addEventListener('abort', () => void server.close(), { once: true });
    await server.closed;
    return 0;
  }
  const server = await serveToolsOverHttp({ tools, anonymous: caller, port: portOf(input) });
  return keepServing(
    server,
    context,
    `${tools.length} tools of ${project.config.name}, for callers on this machine, as ${caller.subject} in groups: ${caller.groups.join(', ') || 'none'}`,
  );
}

async function serveConformance(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { serveConformanceFixture } = await import('@fieldkit/mcp-tools');
  return keepServing(
    await serveConformanceFixture({ port: portOf(input) }),
    context,
    "the fixture of MCP's conformance suite",
  );
}

function portOf(input: CommandInput): number {
  const port = Number(stringOption(input, 'http'));
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new FieldkitError('INVALID_OPTION', 'say how to serve: --stdio, or --http PORT with a port from 0 to 65535');
}

/** Prints where it listens and waits for Ctrl-C. */
async function keepServing(
  server: { url: string; close(): Promise<void> },
  { terminal, signal }: CommandContext,
  what: string,
): Promise<ExitCode> {
  terminal.json({ ready: true, url: server.url });
  terminal.line(`Serving ${what}. Ctrl-C ends it.`);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await server.close();
  return 0;
}
