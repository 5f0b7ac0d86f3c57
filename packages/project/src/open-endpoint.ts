import { fileURLToPath } from 'node:url';
import { type ChatModel, type Embedder, FieldkitError, nearestName, type Reranker } from '@fieldkit/core';
import type { Endpoint, ModelFactsTable } from '@fieldkit/models';
import { type Address, chooseEndpoint, type EndpointModels, type Environment, proxyOf } from './choose-endpoint.ts';
import type { ProjectConfig } from './config-schema.ts';
import { projectPaths } from './find-project.ts';
import { readMeasuredFacts } from './measured-facts.ts';
import { type Recording, recordedSetup, recordOf, type Setup, secretsOf } from './recorded-endpoint.ts';
import { openSpendingLedger } from './spending-ledger.ts';
import { startService } from './start-service.ts';

/** The models of a project, ready for use. */
export interface OpenEndpoint {
  readonly endpoint: Endpoint;
  readonly baseUrl: string;
  /** True: extractive answers of the stand-in, no language model. */
  readonly standin: boolean;
  readonly modelNames: EndpointModels;
  /** `chat`, `fast` or a model id of the endpoint; with the routes of the configuration behind it. */
  chat(name: string): ChatModel;
  readonly embedder: Embedder | undefined;
  readonly reranker: Reranker | undefined;
  close(): Promise<void>;
}

const STANDIN_MODELS = { chat: 'standin-extractive', fast: 'standin-extractive' };

export interface OpenEndpointOptions {
  /** The project's folder: measured facts and what was spent lie there. */
  readonly root: string;
  readonly environment: Environment;
  readonly signal?: AbortSignal;
  readonly recording?: Recording;
}

/** Variable with the address of a stand-in that another process of the same project has started. */
export const RUNNING_STANDIN = 'FIELDKIT_RUNNING_STANDIN';

/** Connects to the endpoint, or starts the stand-in as a child process, or opens a recording. */
export async function openEndpoint(config: ProjectConfig, options: OpenEndpointOptions): Promise<OpenEndpoint> {
  const { root, environment, signal, recording } = options;
  const { createEndpoint, createFailover, createSpendingGuard, openCassette } = await import('@fieldkit/models');
  const secrets = secretsOf(config, environment);
  const replayed = recording?.mode === 'replay' ? openCassette({ ...recording, secrets }) : undefined;
  const setup = replayed === undefined ? await liveSetup(config, environment, signal) : recordedSetup(replayed);
  const { address, models, routes, standin, close } = setup;
  const recorded =
    recording?.mode === 'record' ? openCassette({ ...recording, secrets, about: recordOf(setup) }) : undefined;
  const cassette = replayed ?? recorded;
  const settings = config.endpoint;
  const limit = settings?.spending?.day ?? settings?.spending?.project;
  const ledger =
    limit === undefined || standin ? undefined : openSpendingLedger(projectPaths(root).spending, limit.currency);
  const spending = ledger === undefined ? undefined : createSpendingGuard({ limits: settings?.spending ?? {}, ledger });
  const opened: Endpoint[] = [];
  const open = ({ profile, baseUrl, apiKey, caFile }: Address): Endpoint => {
    const endpoint = createEndpoint({
      profile,
      baseUrl,
      apiKey,
      timeoutMs: (settings?.timeoutSeconds ?? 120) * 1000,
      modelFacts: projectFacts(config, root, baseUrl),
      limits: settings?.limits ?? {},
      ...(caFile === undefined ? {} : { caFile }),
      ...proxyOf(environment),
      ...(spending === undefined ? {} : { spending }),
      ...(cassette === undefined ? {} : { cassette }),
    });
    opened.push(endpoint);
    return endpoint;
  };
  try {
    const endpoint = open(address);
    const places = routes.map((route) => ({ ...route, endpoint: route.elsewhere ? open(route) : endpoint }));
    const priced = (model: string, host: string): string => {
      if (spending !== undefined) requirePrices(config, root, model, host);
      return model;
    };
    const { embedding, rerank } = models;
    for (const model of [models.chat, models.fast]) priced(model, address.baseUrl);
    for (const place of places) for (const model of Object.values(place.models)) priced(model, place.baseUrl);
    const { dimensions = 1024 } = settings ?? {};
    return {
      endpoint,
      baseUrl: address.baseUrl,
      standin,
      modelNames: models,
      chat(name) {
        const role = name === 'chat' || name === 'fast' ? name : undefined;
        const near = role === undefined ? nearestName(name, ['chat', 'fast']) : undefined;
        if (near !== undefined)
          throw new FieldkitError(
            'INVALID_CONFIG',
            `pipeline: there is no model role "${name}"; did you mean "${near}"?`,
          );
        const model = priced(role === undefined ? name : models[role], address.baseUrl);
        // A model that a node names itself is looked for at other addresses, never replaced by another.
        const others = places
          .filter(({ elsewhere }) => role !== undefined || elsewhere)
          .map((place) => ({ ...place, model: role === undefined ? name : place.models[role] }))
          .filter((place) => place.elsewhere || place.model !== model);
        const last = others.length - 1;
        if (last === -1) return endpoint.chat(model);
        return createFailover([
          { name: model, model: endpoint.chat(model, { impatient: true }) },
          ...others.map((place, index) => ({
            name: place.name ?? `${place.model} at ${place.endpoint.host}`,
            model: place.endpoint.chat(priced(place.model, place.baseUrl), { impatient: index < last }),
          })),
        ]);
      },
      embedder:
        embedding === undefined ? undefined : endpoint.embedder(priced(embedding, address.baseUrl), { dimensions }),
      reranker: rerank === undefined ? undefined : endpoint.reranker(priced(rerank, address.baseUrl)),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }

  async function closeAll(): Promise<void> {
    for (const endpoint of opened) await endpoint.close();
    ledger?.close();
    await close();
  }
}

async function liveSetup(
  config: ProjectConfig,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<Setup> {
  const choice = chooseEndpoint(config, environment);
  const close = async () => {};
  if (choice.kind === 'remote' && isLoopback(choice.baseUrl) && (await isStandin(choice, signal)))
    return { address: choice, models: STANDIN_MODELS, routes: [], standin: true, close };
  if (choice.kind === 'remote')
    return { address: choice, models: choice.models, routes: choice.routes, standin: false, close };
  const running = environment[RUNNING_STANDIN];
  if (running !== undefined)
    return { address: standinAt(running), models: STANDIN_MODELS, routes: [], standin: true, close };
  const { standinEntry } = await import('@fieldkit/standin');
  const service = await startService({
    name: 'the stand-in endpoint',
    script: fileURLToPath(standinEntry),
    ...(signal === undefined ? {} : { signal }),
  });
  const address = standinAt(service.url);
  return { address, models: STANDIN_MODELS, routes: [], standin: true, close: () => service.close() };
}

function standinAt(baseUrl: string): Address {
  return { baseUrl, apiKey: 'needs-no-key', profile: 'generic' };
}

/** Facts of models at an address that differ from the profile's: measured ones, and over them those of the configuration. */
export function projectFacts(config: ProjectConfig, root: string, baseUrl: string): ModelFactsTable {
  const measured = readMeasuredFacts(root, new URL(baseUrl).host);
  const stated: ModelFactsTable = config.endpoint?.facts ?? {};
  const names = new Set([...Object.keys(measured), ...Object.keys(stated)]);
  return Object.fromEntries(Array.from(names, (name) => [name, { ...measured[name], ...stated[name] }]));
}

/** A limit on money that nobody can count would be none. */
function requirePrices(config: ProjectConfig, root: string, model: string, baseUrl: string): void {
  if (projectFacts(config, root, baseUrl)[model]?.prices !== undefined) return;
  throw new FieldkitError(
    'INVALID_CONFIG',
    `endpoint.spending sets a limit, but what ${model} costs is not known; give endpoint.facts[${JSON.stringify(model)}].prices, or take the limit out`,
  );
}

/** A stand-in on this machine answers at once; who takes longer is none. */
const PROBE_MS = 2000;

function isLoopback(baseUrl: string): boolean {
  return /^(localhost|127\..*|\[::1\])$/.test(new URL(baseUrl).hostname);
}

/** Whether a stand-in listens at an address of this machine: only there can one be met. */
async function isStandin({ profile, baseUrl, apiKey }: Address, signal: AbortSignal | undefined): Promise<boolean> {
  const { createEndpoint } = await import('@fieldkit/models');
  const endpoint = createEndpoint({ profile, baseUrl, apiKey });
  try {
    const limit = AbortSignal.timeout(PROBE_MS);
    const models = await endpoint.listModels({
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    return models.some(({ standin }) => standin === true);
  } catch {
    return false; // the first real call says what is wrong
  } finally {
    await endpoint.close();
  }
}
