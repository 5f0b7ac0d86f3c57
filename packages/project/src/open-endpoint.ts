import { fileURLToPath } from 'node:url';
import { type ChatModel, type Embedder, FieldkitError, nearestName, type Reranker } from '@fieldkit/core';
import type { Cassette, Endpoint, ModelFactsTable } from '@fieldkit/models';
import { z } from 'zod';
import type { ProjectConfig } from './config-schema.ts';
import { describeValue, type EnvironmentValue, resolveValue } from './config-values.ts';
import { projectPaths } from './find-project.ts';
import { readMeasuredFacts } from './measured-facts.ts';
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

export type EndpointModels = Readonly<{ chat: string; fast: string; embedding?: string; rerank?: string }>;

/** One address with its key. */
interface Address {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly profile: 'dashscope' | 'openai' | 'vllm' | 'generic';
  readonly caFile?: string;
}

/** Where else a chat model is asked. */
export interface ChosenRoute extends Address {
  readonly name?: string;
  readonly models: Readonly<{ chat: string; fast: string }>;
  /** False: another model at the endpoint's own address. */
  readonly elsewhere: boolean;
}

/** What the configuration and the environment say about the endpoint, without connecting. */
export type EndpointChoice =
  | { readonly kind: 'standin'; readonly reason: string }
  | (Address & { readonly kind: 'remote'; readonly models: EndpointModels; readonly routes: readonly ChosenRoute[] });

type Environment = Readonly<Record<string, string | undefined>>;

/** Model Studio's shared hosts by region (Alibaba Cloud, base URL page, October 2026). */
const REGIONS = [
  ['China (Beijing)', 'https://dashscope.aliyuncs.com/compatible-mode/v1'],
  ['Singapore', 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1'],
  ['US (Virginia)', 'https://dashscope-us.aliyuncs.com/compatible-mode/v1'],
  ['Hong Kong', 'https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1'],
  ['your own workspace', 'https://{WorkspaceId}.{region}.maas.aliyuncs.com/compatible-mode/v1'],
] as const;

/**
 * Decides between the configured endpoint and the stand-in. Without a base URL and without a key it is the stand-in; one without the
 * other is an error, so that nobody believes to talk to a model and does not.
 *
 * @throws {FieldkitError} `INVALID_CONFIG`.
 */
export function chooseEndpoint(config: ProjectConfig, environment: Environment): EndpointChoice {
  const { endpoint } = config;
  if (endpoint === undefined) return { kind: 'standin', reason: 'the configuration names no endpoint' };
  const baseUrl = resolveValue(endpoint.baseUrl, environment);
  const apiKey = resolveValue(endpoint.apiKey, environment);
  const named = { baseUrl: describeValue(endpoint.baseUrl), apiKey: describeValue(endpoint.apiKey) };
  if (baseUrl === undefined && apiKey === undefined)
    return { kind: 'standin', reason: `${named.baseUrl} and ${named.apiKey} are not set` };
  if (baseUrl === undefined) {
    const regions = REGIONS.map(([region, url]) => `  ${region.padEnd(20)} ${url}`).join('\n');
    throw new FieldkitError(
      'INVALID_CONFIG',
      `there is an API key (${named.apiKey}) but no base URL; a key belongs to one region, set ${named.baseUrl} to its host:\n${regions}`,
    );
  }
  checkAddress('endpoint', baseUrl, named.baseUrl);
  const open = endpoint.apiKey === undefined;
  if (apiKey === undefined && !open) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `there is a base URL (${baseUrl}) but no API key; set ${named.apiKey}, or leave endpoint.apiKey out when the endpoint needs none`,
    );
  }
  const model = (name: keyof typeof endpoint.models) => resolveValue(endpoint.models[name], environment);
  const chat = model('chat');
  if (chat === undefined)
    throw new FieldkitError(
      'INVALID_CONFIG',
      `endpoint.models.chat: ${describeValue(endpoint.models.chat)} is not set; name a chat model`,
    );
  const embedding = model('embedding');
  const rerank = model('rerank');
  const caFile = resolveValue(endpoint.caFile, environment);
  const main: Address = {
    baseUrl,
    apiKey: apiKey ?? 'none',
    profile: endpoint.profile,
    ...(caFile === undefined ? {} : { caFile }),
  };
  const fast = model('fast') ?? chat;
  return {
    ...main,
    kind: 'remote',
    routes: chooseRoutes(endpoint.routes, { ...main, models: { chat, fast } }, environment),
    models: {
      chat,
      fast,
      ...(embedding === undefined ? {} : { embedding }),
      ...(rerank === undefined ? {} : { rerank }),
    },
  };
}

type RouteConfig = NonNullable<ProjectConfig['endpoint']>['routes'][number];

/** The routes that can be taken: one whose address comes from a variable that is not set is left out. */
function chooseRoutes(
  routes: readonly RouteConfig[],
  main: Address & { readonly models: ChosenRoute['models'] },
  environment: Environment,
): ChosenRoute[] {
  return routes.flatMap((route, index): ChosenRoute[] => {
    const where = `endpoint.routes.${index}`;
    const baseUrl = resolveValue(route.baseUrl, environment);
    if (route.baseUrl !== undefined && baseUrl === undefined) return [];
    if (baseUrl === undefined && route.models === undefined) {
      throw new FieldkitError(
        'INVALID_CONFIG',
        `${where} is the endpoint itself; give it a baseUrl of another region, or other models`,
      );
    }
    if (baseUrl !== undefined) checkAddress(where, baseUrl, describeValue(route.baseUrl));
    const apiKey = resolveValue(route.apiKey, environment);
    if (route.apiKey !== undefined && apiKey === undefined) {
      throw new FieldkitError(
        'INVALID_CONFIG',
        `${where} has a base URL (${baseUrl ?? main.baseUrl}) but no API key; set ${describeValue(route.apiKey)}, or leave its base URL unset`,
      );
    }
    const own = baseUrl !== undefined;
    const chat = resolveValue(route.models?.chat, environment);
    const fast = resolveValue(route.models?.fast, environment) ?? chat;
    const caFile = resolveValue(route.caFile, environment) ?? main.caFile;
    return [
      {
        ...(route.name === undefined ? {} : { name: route.name }),
        elsewhere: own,
        baseUrl: baseUrl ?? main.baseUrl,
        // never the key of one address to another
        apiKey: apiKey ?? (own ? 'none' : main.apiKey),
        profile: route.profile ?? main.profile,
        ...(caFile === undefined ? {} : { caFile }),
        models: { chat: chat ?? main.models.chat, fast: fast ?? main.models.fast },
      },
    ];
  });
}

function checkAddress(where: string, baseUrl: string, named: string): void {
  if (URL.canParse(baseUrl) && /^https?:$/.test(new URL(baseUrl).protocol)) return;
  throw new FieldkitError(
    'INVALID_CONFIG',
    `${where}.baseUrl (${named}) is not an http or https address: ${JSON.stringify(baseUrl)}`,
  );
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

/** All calls of the endpoint are recorded in a file, or given back from it: then nothing is contacted and no key is needed. */
export interface Recording {
  readonly path: string;
  readonly mode: 'record' | 'replay';
}

const modelsSchema = z.object({
  chat: z.string(),
  fast: z.string(),
  embedding: z.string().exactOptional(),
  rerank: z.string().exactOptional(),
});
const profileSchema = z.enum(['dashscope', 'openai', 'vllm', 'generic']);

/** What a recording says of the endpoint it was made with; never a key. */
const recordedSchema = z.object({
  baseUrl: z.string(),
  profile: profileSchema,
  standin: z.boolean(),
  models: modelsSchema,
  routes: z.array(
    z.object({
      name: z.string().exactOptional(),
      baseUrl: z.string(),
      profile: profileSchema,
      elsewhere: z.boolean(),
      models: modelsSchema.pick({ chat: true, fast: true }),
    }),
  ),
});
type Recorded = z.output<typeof recordedSchema>;

/** The values of all secrets of a configuration, to be kept out of recordings. */
function secretsOf(config: ProjectConfig, environment: Environment): string[] {
  const found: string[] = [];
  const look = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    if ('$env' in value && 'secret' in value) {
      // as the schema of values says
      const content = value.secret === true ? resolveValue(value as EnvironmentValue, environment) : undefined;
      if (content !== undefined) found.push(content);
      return;
    }
    for (const inner of Object.values(value)) look(inner);
  };
  look(config);
  return found;
}

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

interface Setup {
  readonly address: Address;
  readonly models: EndpointModels;
  readonly routes: readonly ChosenRoute[];
  readonly standin: boolean;
  close(): Promise<void>;
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

function recordOf({ address, models, routes, standin }: Setup): Recorded {
  return {
    // the stand-in's port is new each time
    baseUrl: standin ? 'http://127.0.0.1/v1' : address.baseUrl,
    profile: address.profile,
    standin,
    models: { ...models },
    routes: routes.map(({ apiKey: _, caFile: __, ...route }) => route),
  };
}

/** @throws {FieldkitError} `STORE_DAMAGED` for a recording that does not say of which endpoint it is. */
function recordedSetup({ about }: Cassette): Setup {
  const read = recordedSchema.safeParse(about);
  if (!read.success) {
    throw new FieldkitError(
      'STORE_DAMAGED',
      'the recording does not say which endpoint it was made with; record it again with --record',
    );
  }
  const { baseUrl, profile, models, routes, standin } = read.data;
  const apiKey = 'replayed';
  return {
    address: { baseUrl, profile, apiKey },
    models,
    routes: routes.map((route) => ({ ...route, apiKey })),
    standin,
    close: async () => {},
  };
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

/** The proxy that the environment names, for `createEndpoint`. */
export function proxyOf(environment: Environment): {
  readonly proxy?: { readonly httpsProxy: string; readonly noProxy?: string };
} {
  const { https_proxy, HTTPS_PROXY, no_proxy, NO_PROXY } = environment;
  const httpsProxy = https_proxy ?? HTTPS_PROXY;
  const noProxy = no_proxy ?? NO_PROXY;
  if (httpsProxy === undefined) return {};
  return { proxy: { httpsProxy, ...(noProxy === undefined ? {} : { noProxy }) } };
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
