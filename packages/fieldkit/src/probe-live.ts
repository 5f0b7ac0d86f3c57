import { join, relative } from 'node:path';
import { counted, FieldkitError } from '@fieldkit/core';
import { openCassette, type ProbeReport, probeEndpoint } from '@fieldkit/models';
import {
  type ChosenRoute,
  type EndpointChoice,
  FACTS_FILE,
  type ProjectConfig,
  proxyOf,
  writeMeasuredFacts,
} from '@fieldkit/project';
import { type CommandContext, type CommandInput, stringOption } from './command.ts';
import type { Terminal } from './terminal.ts';

/** What `doctor --live` found at one address. */
export interface LiveReport extends ProbeReport {
  readonly host: string;
  /** Relative to the project. */
  readonly cassette: string;
  readonly differing: number;
}

/**
 * Probes the endpoint and the routes at other addresses one after the other, under one cap.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when there is no endpoint, `INVALID_OPTION` for a cap that is none.
 */
export async function probeLive(
  root: string,
  config: ProjectConfig,
  choice: EndpointChoice,
  input: CommandInput,
  context: CommandContext,
): Promise<LiveReport[]> {
  if (choice.kind === 'standin') {
    throw new FieldkitError('INVALID_CONFIG', `there is no endpoint to ask (${choice.reason}); configure one first`);
  }
  const { signal, environment, terminal } = context;
  let tokens = positive(input, 'max-tokens') ?? 20_000;
  const amount = positive(input, 'max-cost');
  const facts = config.endpoint?.facts ?? {};
  const currency = facts[choice.models.chat]?.prices?.currency;
  if (amount !== undefined && currency === undefined)
    throw new FieldkitError(
      'INVALID_OPTION',
      `--max-cost needs prices: give endpoint.facts[${JSON.stringify(choice.models.chat)}].prices, or say --max-tokens`,
    );
  let money = amount === undefined ? undefined : Math.round(amount * 1_000_000);
  const reports: LiveReport[] = [];
  const here = choice.routes.filter(({ elsewhere }) => !elsewhere).flatMap(chatModels);
  const { embedding, rerank, chat, fast } = choice.models;
  const addresses = [
    { ...choice, probed: { chat: [chat, fast, ...here], ...(embedding && { embedding }), ...(rerank && { rerank }) } },
    ...choice.routes
      .filter(({ elsewhere }) => elsewhere)
      .map((route) => ({ ...route, probed: { chat: chatModels(route) } })),
  ];
  for (const { baseUrl, apiKey, profile, caFile, probed } of addresses) {
    const { host } = new URL(baseUrl);
    const now = new Date().toISOString();
    const path = join(
      root,
      'evidence',
      'endpoint',
      `${host.replace(/[^\w.-]/g, '-')}-${now.slice(0, 19).replaceAll(':', '')}.jsonl`,
    );
    const cassette = openCassette({ mode: 'record', path, about: { host, profile, probedAt: now } });
    const report = await probeEndpoint({
      profile,
      baseUrl,
      apiKey,
      cassette,
      models: probed,
      facts,
      signal,
      timeoutMs: (config.endpoint?.timeoutSeconds ?? 120) * 1000,
      maxTokens: tokens,
      ...(caFile === undefined ? {} : { caFile }),
      ...(money === undefined || currency === undefined ? {} : { maxCost: { microUnits: money, currency } }),
      ...proxyOf(environment),
      onResult: ({ model, probe }) => terminal.notice(terminal.style.dim(`  ${model}: ${probe}`)),
    });
    tokens = Math.max(0, tokens - report.tokens);
    if (money !== undefined) money = Math.max(0, money - (report.cost?.microUnits ?? 0));
    writeMeasuredFacts(root, host, now.slice(0, 10), report.measured);
    const differing = report.results.filter(({ verdict }) => verdict === 'differs').length;
    reports.push({ ...report, host, cassette: relative(root, path), differing });
  }
  return reports;
}

function chatModels({ models }: Pick<ChosenRoute, 'models'>): string[] {
  return [models.chat, models.fast];
}

function positive(input: CommandInput, name: string): number | undefined {
  const text = stringOption(input, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new FieldkitError('INVALID_OPTION', `--${name} must be a number above 0, not ${JSON.stringify(text)}`);
}

/** Expected against observed, model by model. */
export function showLive({ host, results, calls, tokens, cost, cassette, differing }: LiveReport, terminal: Terminal) {
  const { bold, green, yellow, red, dim } = terminal.style;
  terminal.line(`\n${bold(`What ${host} does`)}`);
  const signs = {
    same: green('ok  '),
    differs: yellow('DIFF'),
    note: dim('seen'),
    failed: red('FAIL'),
    skipped: dim('skip'),
  };
  let last = '';
  for (const { model, probe, expected, observed, verdict } of results) {
    if (model !== last) terminal.line(`  ${model}`);
    last = model;
    terminal.line(
      `    ${signs[verdict]} ${probe}: ${observed}${verdict === 'differs' ? ` (expected ${expected})` : ''}`,
    );
  }
  const money = cost === undefined ? '' : `, ${(cost.microUnits / 1e6).toFixed(4)} ${cost.currency}`;
  terminal.line(`  ${counted(calls, 'call')}, ${tokens} tokens${money}; kept without keys in ${cassette}`);
  terminal.line(
    differing === 0
      ? '  Nothing differs from the known facts.'
      : `  ${differing} facts differ; they are in ${FACTS_FILE} and used from now on.`,
  );
}
