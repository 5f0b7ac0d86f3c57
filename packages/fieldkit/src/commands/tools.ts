import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { counted, FieldkitError } from '@fieldkit/core';
import { findProject, type Project, pinToolServer } from '@fieldkit/project';
import { checkTools, INPUTS_FILE } from '../check-tools.ts';
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
import { newTool } from '../new-tool.ts';
import { serveConformance, serveTools } from '../serve-tools.ts';
import { testTools } from '../test-tools.ts';
import { callerOf, withProject } from '../with-project.ts';

export const command: Command = {
  usage:
    "tools list | call NAME '{…}' [--approve] | new NAME | test [NAME] | check [--out DIR] | pin SERVER | serve --stdio | serve --http PORT [--sse] [--keys FILE] [--project DIR] [--json]",
  description:
    'list shows the tools of the project with their schemas; call calls one as a model would; new writes one of your own with its test, and test runs\nsuch tests; check holds the tools to the standard, tries them with generated inputs and writes their specification and an assessment sheet per\nsystem (exit 4 when there is an error); pin writes down what an MCP server says of its tools; serve offers the tools as an MCP server, on standard\ninput and output or over streamable HTTP on this machine (spec 2026-07-28 and 2025-11-25).',
  options: {
    ...PROJECT_OPTIONS,
    ...CALLER_OPTIONS,
    approve: { type: 'boolean', summary: 'call: yes, this call may change something' },
    out: { type: 'string', value: 'DIR', summary: 'check: where tools.md, tools.json and the assessment sheets go' },
    inputs: {
      type: 'string',
      value: 'FILE',
      summary: `check: real inputs, {"TOOL":[{…}]} (default: ${INPUTS_FILE} of the project, if it is there)`,
    },
    'no-calls': { type: 'boolean', summary: 'check: read the definitions only, call nothing' },
    stdio: { type: 'boolean', summary: 'serve on standard input and output' },
    http: { type: 'string', value: 'PORT', summary: 'serve over HTTP on 127.0.0.1, path /mcp; 0 takes a free port' },
    sse: { type: 'boolean', summary: 'serve the older SSE transport too, at /sse' },
    keys: {
      type: 'string',
      value: 'FILE',
      summary: 'serve: bearer keys made by `fieldkit keys new`, read once (default: anybody on this machine)',
    },
    conformance: {
      type: 'boolean',
      summary: "serve the fixture of MCP's conformance suite instead (needs no project)",
    },
  },
  examples: [
    'fieldkit tools list',
    `fieldkit tools call search_knowledge '{"query":"warranty of seals"}'`,
    'fieldkit tools new find_branch',
    'fieldkit tools check --out handover',
    'fieldkit tools serve --http 8790',
  ],
  positionals: { min: 1, max: 3 },
  async run(input, context) {
    const [action, name, argument] = input.positionals;
    if (action === 'serve' && flag(input, 'conformance')) return serveConformance(input, context);
    if (action === 'new' && name !== undefined) return scaffold(name, input, context);
    if (action === 'test') return test(name, input, context);
    return withProject<ExitCode>(input, context, async (project) => {
      if (action === 'list' && name === undefined) return list(project, input, context);
      if (action === 'call' && name !== undefined) return call(project, name, argument ?? '{}', input, context);
      if (action === 'check' && name === undefined) return check(project, input, context);
      if (action === 'pin' && name !== undefined) return pin(project, name, input, context);
      if (action === 'serve' && name === undefined) return serveTools(project, input, context);
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
  const tools = await (flag(input, 'approve') ? project.approvedTools() : project.tools());
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

function scaffold(name: string, input: CommandInput, context: CommandContext): ExitCode {
  const { terminal, cwd } = context;
  const [module, test] = newTool(findProject(cwd, stringOption(input, 'project')), name);
  if (flag(input, 'json')) terminal.json({ module, test });
  terminal.line(`  written  ${module}\n  written  ${test}`);
  terminal.line(`\nNext: add customTool({ module: '${module}' }) to the tools of fieldkit.config.ts, then`);
  terminal.line(`  ${nextStep(context, input, `tools test ${name}`)}`);
  return 0;
}

async function test(name: string | undefined, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, cwd, signal } = context;
  const { passed, failed } = await testTools(findProject(cwd, stringOption(input, 'project')), name, signal);
  if (flag(input, 'json')) terminal.json({ passed, failed });
  for (const { name: title, message } of failed)
    terminal.line(`${terminal.style.red('failed')}  ${title}\n  ${message}`);
  terminal.line(`${passed} passed, ${failed.length} failed`);
  terminal.line(`\nNext: ${nextStep(context, input, 'tools check')}`);
  return failed.length === 0 ? 0 : 1;
}

async function check(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, cwd, signal } = context;
  const [out, inputs] = [stringOption(input, 'out'), stringOption(input, 'inputs')];
  const found = await checkTools(project, {
    caller: callerOf(input, project),
    calls: !flag(input, 'no-calls'),
    out: out === undefined ? undefined : resolve(cwd, out),
    inputs: inputs === undefined ? undefined : resolve(cwd, inputs),
    signal,
  });
  if (flag(input, 'json')) terminal.json(found);
  const { style } = terminal;
  for (const { severity, code, message, where, suggestion } of found.findings) {
    const word = severity === 'error' ? style.red('error') : severity === 'warning' ? style.yellow('warning') : 'note';
    terminal.line(`${word}  ${style.bold(where ?? '')}  ${message} (${code})`);
    if (suggestion !== undefined) terminal.line(style.dim(`  ${suggestion}`));
  }
  for (const { tool, good, answered, refused, failed, bad, badAccepted, longestMs } of found.tried) {
    terminal.line(
      `${tool}: of ${good} good inputs ${answered} answered, ${refused} refused by the system, ${failed} failed; ${bad - badAccepted} of ${bad} bad ones refused; longest call ${longestMs} ms`,
    );
  }
  for (const path of found.written) terminal.line(`  written  ${path}`);
  terminal.line(
    `\n${counted(found.tools, 'tool')}, ${counted(found.errors, 'error')}, ${counted(found.findings.length - found.errors, 'remark')}`,
  );
  terminal.line(`Next: ${nextStep(context, input, out === undefined ? 'tools check --out handover' : 'tools list')}`);
  return found.errors === 0 ? 0 : 4;
}

async function pin(project: Project, name: string, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, environment } = context;
  const { root } = project.paths;
  const { path, pins, changed } = await pinToolServer({ root, config: project.config }, name, environment);
  if (flag(input, 'json')) terminal.json({ path, tools: Object.keys(pins), changed });
  for (const [tool, { description }] of Object.entries(pins)) {
    const mark = changed.includes(tool) ? terminal.style.yellow('changed  ') : 'as it was';
    terminal.line(`${mark}  ${terminal.style.bold(tool)}\n  ${description.replaceAll('\n', '\n  ')}`);
  }
  terminal.line(`  written  ${path}: read it before you commit it`);
  terminal.line(`\nNext: ${nextStep(context, input, 'tools list')}`);
  return 0;
}
