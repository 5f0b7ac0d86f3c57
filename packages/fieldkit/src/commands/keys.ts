import { join, resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import { findProject, loadProjectConfig } from '@fieldkit/project';
import { auditPath, KEY_FILE, type KeyLimits, newKey, openAuditLog, readKeys, revokeKey } from '@fieldkit/server';
import {
  CALLER_OPTIONS,
  type Command,
  type CommandInput,
  flag,
  listOption,
  nextStep,
  PROJECT_OPTIONS,
  stringOption,
} from '../command.ts';

const LIMITS = {
  'requests-per-minute': 'requestsPerMinute',
  concurrent: 'concurrent',
  'answers-per-day': 'answersPerDay',
  'tokens-per-day': 'tokensPerDay',
} as const;

export const command: Command = {
  usage:
    'keys new NAME [--groups A,B] [--tenant NAME] [--role user|operator] [--days N] | keys list | keys revoke ID [--project DIR] [--json]',
  description:
    'Makes, lists and revokes the bearer keys of the server. A key is shown once and stored as a hash in keys.json; it sees the documents of its tenant\nand groups. Operators also see runs, feedback, evaluations and metrics. A running server takes changes up at once.',
  options: {
    ...PROJECT_OPTIONS,
    groups: {
      ...CALLER_OPTIONS.groups,
      summary: 'access groups of the key, comma-separated (default: none, public documents only)',
    },
    tenant: { ...CALLER_OPTIONS.tenant, summary: "tenant of the key (default: the project's)" },
    role: { type: 'string', value: 'ROLE', summary: 'user or operator (default user)' },
    days: { type: 'string', value: 'N', summary: 'days until it expires, 1 to 3650 (default: never)' },
    'requests-per-minute': { type: 'string', value: 'N', summary: "requests per minute (default: server.json's)" },
    concurrent: { type: 'string', value: 'N', summary: "answers at a time (default: server.json's)" },
    'answers-per-day': { type: 'string', value: 'N', summary: 'answers per UTC day (default: unbounded)' },
    'tokens-per-day': { type: 'string', value: 'N', summary: 'model tokens per UTC day (default: unbounded)' },
    file: { type: 'string', value: 'FILE', summary: 'the key file (default: keys.json of the project)' },
  },
  examples: ['fieldkit keys new "Anna, service desk" --groups staff --days 90', 'fieldkit keys revoke 4f0c2b91aa'],
  positionals: { min: 1, max: 2 },
  async run(input, context) {
    const { terminal, cwd } = context;
    const [action, name] = input.positionals;
    const root = findProject(cwd, stringOption(input, 'project'));
    const given = stringOption(input, 'file');
    const path = given === undefined ? join(root, KEY_FILE) : resolve(cwd, given);
    if (action === 'list' && name === undefined) {
      const keys = readKeys(path);
      if (flag(input, 'json')) terminal.json(keys.map(({ hash: _, ...known }) => known));
      for (const { id, name: whose, tenant, groups, role, expiresAt, revokedAt } of keys) {
        const state = revokedAt !== undefined ? 'revoked' : expired(expiresAt) ? 'expired' : 'valid';
        const until = expiresAt === undefined ? '' : `, until ${expiresAt.slice(0, 10)}`;
        terminal.line(`${id}  ${state.padEnd(8)} ${role.padEnd(8)} ${tenant} [${groups.join(', ')}]${until}  ${whose}`);
      }
      terminal.line(
        keys.length === 0
          ? `no keys: the server listens on this machine only; make one with: ${nextStep(context, input, 'keys new NAME')}`
          : `\nNext: ${nextStep(context, input, 'serve')}`,
      );
      return 0;
    }
    if (action === 'new' && name !== undefined) {
      const config = await loadProjectConfig(root);
      const days = numberOption(input, 'days', 3650);
      const groups = listOption(input, 'groups') ?? [];
      const limits = limitsOf(input);
      const { key, stored } = newKey(path, {
        name,
        tenant: stringOption(input, 'tenant') ?? config.knowledge.tenant,
        groups: groups.map((group) => group.trim()).filter((group) => group !== ''),
        role: roleOf(stringOption(input, 'role')),
        ...(days === undefined ? {} : { expiresAt: new Date(Date.now() + days * 86_400_000) }),
        ...(Object.keys(limits).length === 0 ? {} : { limits }),
      });
      record(root, 'key-new', stored);
      const { hash: _, ...known } = stored;
      if (flag(input, 'json')) terminal.json({ key, ...known });
      terminal.line(key);
      terminal.line(terminal.style.dim('This is the only time it is shown; only its hash is stored.'));
      terminal.line(`Next: ${nextStep(context, input, 'serve')}`);
      return 0;
    }
    if (action === 'revoke' && name !== undefined) {
      const stored = revokeKey(path, name);
      record(root, 'key-revoked', stored);
      const { hash: _, ...known } = stored;
      if (flag(input, 'json')) terminal.json(known);
      terminal.line(`${stored.id} (${stored.name}) is revoked; a running server refuses it at once.`);
      terminal.line(`Next: ${nextStep(context, input, 'keys list')}`);
      return 0;
    }
    throw new FieldkitError('INVALID_OPTION', `say: fieldkit ${command.usage}`);
  },
};

function record(root: string, action: string, { id, tenant, role, groups }: ReturnType<typeof revokeKey>): void {
  const audit = openAuditLog(auditPath(root));
  try {
    audit.append({ action, actor: 'command-line', tenant, target: id, details: { role, groups: groups.join(',') } });
  } finally {
    audit.close();
  }
}

function expired(expiresAt: string | undefined): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
}

function roleOf(text: string | undefined): 'user' | 'operator' {
  if (text === undefined || text === 'user' || text === 'operator') return text ?? 'user';
  throw new FieldkitError('INVALID_OPTION', `--role must be user or operator, not "${text}"`);
}

function limitsOf(input: CommandInput): KeyLimits {
  return Object.fromEntries(
    Object.entries(LIMITS).flatMap(([option, field]) => {
      const value = numberOption(input, option, 1_000_000_000);
      return value === undefined ? [] : [[field, value]];
    }),
  );
}

function numberOption(input: CommandInput, name: string, most: number): number | undefined {
  const text = stringOption(input, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new FieldkitError('INVALID_OPTION', `--${name} must be a whole number from 1 to ${most}, not "${text}"`);
}
