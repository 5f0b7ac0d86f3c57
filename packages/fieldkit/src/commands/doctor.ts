import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { counted, errorRecord, FieldkitError, type Finding } from '@fieldkit/core';
import { createEndpoint } from '@fieldkit/models';
import {
  chooseEndpoint,
  type EndpointChoice,
  findProject,
  listKnowledgeFiles,
  loadProjectConfig,
  openDocumentStore,
  openSpendingLedger,
  type ProjectConfig,
  projectPaths,
  proxyOf,
} from '@fieldkit/project';
import {
  asTyped,
  type Command,
  type CommandContext,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  stringOption,
} from '../command.ts';
import { type LiveReport, probeLive, showLive } from '../probe-live.ts';
import { type Contact, toolContacts } from '../tool-contacts.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  /** Only when something should be done. */
  readonly finding?: Finding;
}

const LEAST_FREE_MB = 500;

export const command: Command = {
  usage: 'doctor [--offline | --live [--max-tokens N | --max-cost AMOUNT]] [--project DIR] [--json]',
  description:
    'Checks Node, the configuration, permissions, disk space, documents, index and endpoint, and lists every host that will be contacted and what is sent to it.\nEach finding says what to do. Exit code 1 when something must be mended.\nWith --live it also asks every configured model small things (thinking, tools, JSON, streaming, vectors, ranking), prints expected against observed, keeps the\ncalls without keys in evidence/, and writes what differs to fieldkit.facts.json, which is used from then on. That costs money, up to the cap.',
  options: {
    ...PROJECT_OPTIONS,
    offline: { type: 'boolean', summary: 'do not connect to the endpoint' },
    live: { type: 'boolean', summary: 'ask the configured models and keep what differs from the known facts' },
    'max-tokens': {
      type: 'string',
      value: 'N',
      summary: 'of --live: tokens of all its calls together (default 20000)',
    },
    'max-cost': {
      type: 'string',
      value: 'AMOUNT',
      summary:
        'of --live: money of all its calls, in the currency of the prices in endpoint.facts (default: no such cap)',
    },
  },
  examples: [
    'fieldkit doctor',
    'fieldkit doctor --project examples/equipment-desk --offline --json',
    'fieldkit doctor --live --max-tokens 8000',
  ],
  async run(input, context) {
    const { terminal } = context;
    const checks: Check[] = [pass('node', `Node ${process.versions.node} on ${process.platform}-${process.arch}`)];
    const contacts: Contact[] = [];
    const probes: LiveReport[] = [];
    if (flag(input, 'live') && flag(input, 'offline'))
      throw new FieldkitError('INVALID_OPTION', 'say --live or --offline, not both');
    const root = await attempt(checks, 'project', async () => findProject(context.cwd, stringOption(input, 'project')));
    const config =
      root === undefined ? undefined : await attempt(checks, 'configuration', () => loadProjectConfig(root));
    if (root !== undefined && config !== undefined) {
      checks.push(pass('configuration', `${config.name} in ${root}`));
      if (typeof config.endpoint?.apiKey === 'string')
        checks.push(
          note(
            'secrets',
            'endpoint.apiKey stands in fieldkit.config.ts',
            "write secret('MAAS_API_KEY') and set that variable",
          ),
        );
      checks.push(
        ...permissionChecks(root),
        ...((await attempt(checks, 'documents', () => knowledgeChecks(root, config))) ?? []),
      );
      const choice = await attempt(checks, 'endpoint', async () => chooseEndpoint(config, context.environment));
      if (choice !== undefined) {
        checks.push(await endpointCheck(choice, config, flag(input, 'offline'), context));
        checks.push(...moneyChecks(root, config, choice));
        contacts.push(...contactsOf(choice, config, context.environment));
        if (flag(input, 'live')) {
          terminal.notice('Asking the endpoint; this costs a little.');
          const live = await attempt(checks, 'live', () => probeLive(root, config, choice, input, context));
          if (live !== undefined) probes.push(...live);
        }
      }
    }
    const failed = checks.filter(({ ok }) => !ok);
    if (flag(input, 'json'))
      terminal.json({ ok: failed.length === 0, checks, contacts, ...(flag(input, 'live') ? { live: probes } : {}) });
    const { green, red, yellow } = terminal.style;
    for (const { name, ok, message, finding } of checks) {
      terminal.line(
        `${ok ? (finding === undefined ? green('ok  ') : yellow('note')) : red('FAIL')} ${name.padEnd(14)} ${message}`,
      );
      if (finding?.suggestion !== undefined)
        terminal.line(`                    → ${asTyped(finding.suggestion, context, input)}`);
    }
    for (const report of probes) showLive(report, terminal);
    terminal.line('\nHosts that will be contacted:');
    for (const { host, sent } of contacts) terminal.line(`  ${host}: ${sent}`);
    if (contacts.length === 0) terminal.line('  none');
    terminal.line(
      `\nNext: ${failed.length === 0 ? nextStep(context, input, 'status') : `mend what is marked FAIL, then ${nextStep(context, input, 'doctor')}`}`,
    );
    return failed.length === 0 ? 0 : failed.some(({ name }) => name === 'configuration' || name === 'project') ? 2 : 1;
  },
};

function pass(name: string, message: string): Check {
  return { name, ok: true, message };
}

function note(name: string, message: string, suggestion: string): Check {
  return { name, ok: true, message, finding: { severity: 'warning', code: name, message, suggestion } };
}

function fail(name: string, message: string, suggestion: string): Check {
  return { name, ok: false, message, finding: { severity: 'error', code: name, message, suggestion } };
}

async function attempt<T>(checks: Check[], name: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    const { code, message } = errorRecord(error);
    checks.push({
      name,
      ok: false,
      message,
      finding: { severity: 'error', code: code.toLowerCase().replaceAll('_', '-'), message },
    });
    return undefined;
  }
}

function permissionChecks(root: string): Check[] {
  const { work } = projectPaths(root);
  const checks: Check[] = [];
  for (const [name, path] of [['project folder', root] as const, ['.fieldkit', work] as const]) {
    if (!existsSync(path)) continue;
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
      checks.push(pass('permissions', `${name} can be read and written`));
    } catch {
      checks.push(
        fail(
          'permissions',
          `${path} cannot be written`,
          'give your user write permission on it, or copy the project to a folder of yours',
        ),
      );
    }
  }
  const { bavail, bsize } = statfsSync(root);
  const freeMb = Math.floor((bavail * bsize) / 1024 / 1024);
  checks.push(
    freeMb < LEAST_FREE_MB
      ? fail('disk', `${freeMb} MB free`, `free at least ${LEAST_FREE_MB} MB before ingesting`)
      : pass('disk', `${(freeMb / 1024).toFixed(1)} GB free`),
  );
  return checks;
}

async function knowledgeChecks(root: string, config: ProjectConfig): Promise<Check[]> {
  const checks: Check[] = [];
  const { include, exclude, tenant } = config.knowledge;
  const files = await attempt(checks, 'knowledge', async () => listKnowledgeFiles(root, { include, exclude, tenant }));
  if (files === undefined) return checks;
  if (files.length === 0)
    checks.push(
      fail(
        'knowledge',
        `no documents in ${include.join(', ')}`,
        'put documents there: PDF, Word, Excel, text, Markdown, HTML',
      ),
    );
  else checks.push(pass('knowledge', counted(files.length, 'file')));
  const paths = projectPaths(root);
  if (!existsSync(paths.documents) || !existsSync(paths.index)) {
    checks.push(note('index', 'not built yet', 'run `fieldkit ingest`'));
    return checks;
  }
  const store = openDocumentStore(paths.documents);
  try {
    const stored = store.list();
    const failed = stored.filter(({ failure }) => failure !== undefined);
    checks.push(pass('index', `${counted(stored.length - failed.length, 'document')} indexed`));
    for (const { uri, failure } of failed)
      checks.push(
        note(
          'documents',
          failure?.message.startsWith(uri) ? failure.message : `${uri}: ${failure?.message ?? 'not readable'}`,
          'mend the file or remove it from knowledge/, then run `fieldkit ingest`',
        ),
      );
    const known = new Set(stored.map(({ uri }) => uri));
    const fresh = files.filter(({ uri }) => !known.has(uri)).length;
    if (fresh > 0) checks.push(note('index', `${counted(fresh, 'file')} not read yet`, 'run `fieldkit ingest`'));
  } finally {
    store.close();
  }
  return checks;
}

function moneyChecks(root: string, config: ProjectConfig, choice: EndpointChoice): Check[] {
  const { facts = {}, spending } = config.endpoint ?? {};
  const checks: Check[] = [];
  if (choice.kind === 'remote' && config.budget.cost !== undefined && facts[choice.models.chat]?.prices === undefined) {
    checks.push(
      note(
        'money',
        `budget.cost bounds nothing: what ${choice.models.chat} costs is not known`,
        `give endpoint.facts[${JSON.stringify(choice.models.chat)}].prices`,
      ),
    );
  }
  for (const [bound, limit] of Object.entries(spending ?? {})) {
    const { spending: path } = projectPaths(root);
    const days = existsSync(path) ? spentByDay(path, limit.currency) : {};
    const today = new Date().toISOString().slice(0, 10);
    const spent = bound === 'day' ? (days[today] ?? 0) : Object.values(days).reduce((sum, one) => sum + one, 0);
    const money = (micro: number) => `${(micro / 1e6).toFixed(4)} ${limit.currency}`;
    checks.push(pass('money', `${money(spent)} of ${money(limit.microUnits)} spent, limit of the ${bound}`));
  }
  return checks;
}

function spentByDay(path: string, currency: string): Readonly<Record<string, number>> {
  const ledger = openSpendingLedger(path, currency);
  try {
    return ledger.days();
  } finally {
    ledger.close();
  }
}

async function endpointCheck(
  choice: EndpointChoice,
  config: ProjectConfig,
  offline: boolean,
  { signal, environment }: CommandContext,
): Promise<Check> {
  if (choice.kind === 'standin') {
    const [baseUrl, key] = ['MAAS_BASE_URL', 'MAAS_API_KEY'];
    return note(
      'endpoint',
      `stand-in: extractive answers, no language model (${choice.reason})`,
      config.endpoint === undefined
        ? 'add `endpoint` to fieldkit.config.ts to use a model'
        : `set ${baseUrl} and ${key} to use a model`,
    );
  }
  if (offline) return pass('endpoint', `${choice.baseUrl} (${choice.profile}), not contacted`);
  const { baseUrl, apiKey, profile, caFile, models } = choice;
  const endpoint = createEndpoint({
    profile,
    baseUrl,
    apiKey,
    timeoutMs: 10_000,
    retry: { attempts: 1 },
    ...(caFile === undefined ? {} : { caFile }),
    ...proxyOf(environment),
  });
  try {
    const listed = (await endpoint.listModels({ signal })).map(({ id }) => id);
    const missing = [models.chat, models.fast].filter((name) => !listed.includes(name));
    if (missing.length === 0)
      return pass('endpoint', `${baseUrl} answers and offers ${[...new Set([models.chat, models.fast])].join(', ')}`);
    return note(
      'endpoint',
      `${baseUrl} answers but does not list ${[...new Set(missing)].join(', ')}`,
      `check endpoint.models in fieldkit.config.ts; it lists: ${listed.slice(0, 12).join(', ')}`,
    );
  } catch (error) {
    const { code, message } = errorRecord(error);
    const hint =
      code === 'MODEL_UNAUTHORIZED'
        ? 'check the key; a key belongs to one region and one workspace'
        : 'check the address, the proxy (HTTPS_PROXY) and the firewall';
    return fail('endpoint', `${baseUrl}: ${message}`, hint);
  } finally {
    await endpoint.close();
  }
}

function contactsOf(
  choice: EndpointChoice,
  config: ProjectConfig,
  environment: CommandContext['environment'],
): Contact[] {
  const contacts: Contact[] = [];
  if (choice.kind === 'standin')
    contacts.push({
      host: '127.0.0.1 (a child process)',
      sent: 'questions and passages, to the stand-in on this machine; nothing leaves it',
    });
  else {
    const { embedding, rerank } = choice.models;
    const kinds = ['questions, conversation turns, retrieved passages and records, for answers'];
    if (embedding !== undefined) kinds.push('the text of every chunk, for embeddings');
    if (rerank !== undefined) kinds.push('questions and passages, for reranking');
    contacts.push({ host: new URL(choice.baseUrl).host, sent: kinds.join('; ') });
    for (const { baseUrl, elsewhere, name } of choice.routes) {
      if (elsewhere)
        contacts.push({
          host: new URL(baseUrl).host,
          sent: `the same for answers, when the first does not answer${name === undefined ? '' : ` (${name})`}`,
        });
    }
  }
  contacts.push(...config.tools.flatMap((tool) => toolContacts(tool, environment)));
  return contacts;
}
