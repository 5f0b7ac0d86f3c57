import { resolve } from 'node:path';
import { counted, FieldkitError } from '@fieldkit/core';
import type { ApiKey } from '@fieldkit/mcp-tools';
import type { Project } from '@fieldkit/project';
import { readKeys } from '@fieldkit/server';
import { type CommandContext, type CommandInput, type ExitCode, flag, stringOption } from './command.ts';
import { callerOf } from './with-project.ts';

export async function serveTools(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { serveToolsOverHttp, serveToolsOverStdio } = await import('@fieldkit/mcp-tools');
  const tools = await project.tools();
  const caller = callerOf(input, project);
  if (flag(input, 'stdio')) {
    const server = await serveToolsOverStdio(tools, {
      caller,
      name: project.config.name,
      onError: (error) => context.terminal.error(String(error)),
    });
    context.signal.addEventListener('abort', () => void server.close(), { once: true });
    await server.closed;
    return 0;
  }
  const file = stringOption(input, 'keys');
  const keys = file === undefined ? [] : validKeys(resolve(context.cwd, file));
  const server = await serveToolsOverHttp({
    tools,
    port: portOf(input),
    sse: flag(input, 'sse'),
    ...(file === undefined ? { anonymous: caller } : { keys }),
  });
  const whose =
    file === undefined
      ? `as ${caller.subject} in groups: ${caller.groups.join(', ') || 'none'}`
      : `for ${counted(keys.length, 'key')} of ${file}`;
  return keepServing(
    server,
    context,
    `${counted(tools.length, 'tool')} of ${project.config.name}, to callers on this machine, ${whose}`,
    flag(input, 'sse') ? { sseUrl: new URL('/sse', server.url).href } : {},
  );
}

export async function serveConformance(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { serveConformanceFixture } = await import('@fieldkit/mcp-tools');
  return keepServing(
    await serveConformanceFixture({ port: portOf(input) }),
    context,
    "the fixture of MCP's conformance suite",
  );
}

/** The keys that count now; the server has to be started anew to take a change up. */
function validKeys(path: string): ApiKey[] {
  const keys = readKeys(path).filter(
    ({ revokedAt, expiresAt }) =>
      revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > Date.now()),
  );
  if (keys.length === 0) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `there is no valid key in ${path}; make one with: fieldkit keys new NAME`,
    );
  }
  return keys.map(({ hash, name, tenant, groups }) => ({ hash, caller: { tenant, subject: name, groups } }));
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
  more: Readonly<Record<string, string>> = {},
): Promise<ExitCode> {
  terminal.json({ ready: true, url: server.url, ...more });
  terminal.line(`Serving ${what}. Ctrl-C ends it.`);
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
  await server.close();
  return 0;
}
