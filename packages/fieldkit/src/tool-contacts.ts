import { describeValue, type ProjectConfig, resolveValue } from '@fieldkit/project';

/** A host that a project will talk to. */
export interface Contact {
  readonly host: string;
  /** In words. */
  readonly sent: string;
}

type Tool = ProjectConfig['tools'][number];
type Environment = Readonly<Record<string, string | undefined>>;

/** The hosts that a tool contacts, and what is sent to each. Of an address nothing but its host is shown: the rest may hold a password. */
export function toolContacts(tool: Tool, environment: Environment): Contact[] {
  switch (tool.kind) {
    case 'lookup-record':
      return systemContacts(
        tool,
        environment,
        `identifiers that ${tool.name} looks up (${tool.operations.join(', ')})`,
      );
    case 'openapi-tools': {
      const operations = tool.operations?.join(', ') ?? 'all operations of its description';
      return systemContacts(
        tool,
        environment,
        `arguments of the calls of ${tool.name} (${operations}), some of which may write`,
      );
    }
    case 'sql-view': {
      if (tool.database.engine === 'sqlite') return [];
      const scope = Object.entries(tool.scope).map(([column, field]) => `the caller's ${field} as ${column}`);
      const values = [`values of ${tool.by.join(', ')} that ${tool.name} asks ${tool.view} for`, ...scope];
      return [{ host: hostOf(tool.database.connectionString, environment), sent: `${values.join('; ')}; only read` }];
    }
    case 'mcp-server': {
      if (tool.http === undefined) return [];
      const which = tool.select === undefined ? 'all its tools' : tool.select.join(', ');
      const headers = Object.keys(tool.http.headers);
      const also = headers.length === 0 ? '' : `; headers ${headers.join(', ')}`;
      return [
        { host: hostOf(tool.http.url, environment), sent: `arguments of the tools of ${tool.name} (${which})${also}` },
      ];
    }
    default:
      return [];
  }
}

function systemContacts(
  { baseUrl, devServer, auth }: Extract<Tool, { kind: 'lookup-record' | 'openapi-tools' }>,
  environment: Environment,
  sent: string,
): Contact[] {
  const address = resolveValue(baseUrl, environment);
  const own = address === undefined && devServer !== undefined;
  const host = own ? `127.0.0.1 (./${devServer}, a child process)` : hostOf(baseUrl, environment);
  const system = { host, sent };
  if (auth?.kind !== 'oauth') return [system];
  return [system, { host: hostOf(auth.tokenUrl, environment), sent: 'client id and client secret, for a token' }];
}

function hostOf(value: Parameters<typeof resolveValue>[0], environment: Environment): string {
  const address = resolveValue(value, environment);
  if (address === undefined) return `${describeValue(value)} (not set)`;
  if (!URL.canParse(address)) return `${typeof value === 'string' ? value : describeValue(value)} (not an address)`;
  const { host, searchParams } = new URL(address);
  const socket = searchParams.get('socketPath') ?? searchParams.get('host'); // of MySQL and of PostgreSQL
  return socket === null ? host : socket.startsWith('/') ? `this machine (${socket})` : socket;
}
