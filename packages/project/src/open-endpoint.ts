import { fileURLToPath } from 'node:url';
import { type ChatModel, type Embedder, FieldkitError, nearestName, type Reranker } from '@fieldkit/core';
import type { Endpoint } from '@fieldkit/models';
import type { ProjectConfig } from './config-schema.ts';
import { describeValue, resolveValue } from './config-values.ts';
import { startService } from './start-service.ts';

/** The models of a project, ready for use. */
export interface OpenEndpoint {
  readonly endpoint: Endpoint;
  readonly baseUrl: string;
  /** True: extractive answers of the stand-in, no language model. */
  readonly standin: boolean;
  readonly modelNames: Readonly<{ chat: string; fast: string; embedding?: string; rerank?: string }>;
  /** `chat`, `fast` or a model id of the endpoint. */
  chat(name: string): ChatModel;
  readonly embedder: Embedder | undefined;
  readonly reranker: Reranker | undefined;
  close(): Promise<void>;
}

/** What the configuration and the environment say about the endpoint, without connecting. */
export type EndpointChoice =
  | { readonly kind: 'standin'; readonly reason: string }
  | {
      readonly kind: 'remote';
      readonly baseUrl: string;
      readonly apiKey: string;
      readonly profile: 'dashscope' | 'openai' | 'vllm' | 'generic';
      readonly models: Readonly<{ chat: string; fast: string; embedding?: string; rerank?: string }>;
      readonly caFile?: string;
    };

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
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol)) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `endpoint.baseUrl (${named.baseUrl}) is not an http or https address: ${JSON.stringify(baseUrl)}`,
    );
  }
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
  return {
    kind: 'remote',
    baseUrl,
    apiKey: apiKey ?? 'none',
    profile: endpoint.profile,
    models: {
      chat,
      fast: model('fast') ?? chat,
      ...(embedding === undefined ? {} : { embedding }),
      ...(rerank === undefined ? {} : { rerank }),
    },
    ...(caFile === undefined ? {} : { caFile }),
  };
}

const STANDIN_MODELS = { chat: 'standin-extractive', fast: 'standin-extractive' };

export interface OpenEndpointOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal;
}

/** Variable with the address of a stand-in that another process of the same project has started. */
export const RUNNING_STANDIN = 'FIELDKIT_RUNNING_STANDIN';

/** Connects to the endpoint, or starts the stand-in as a child process. */
export async function openEndpoint(
  config: ProjectConfig,
  { environment, signal }: OpenEndpointOptions,
): Promise<OpenEndpoint> {
  const choice = chooseEndpoint(config, environment);
  const [{ createEndpoint }, { standinEntry }] = await Promise.all([
    import('@fieldkit/models'),
    import('@fieldkit/standin'),
  ]);
  const running = environment[RUNNING_STANDIN];
  const standin =
    choice.kind === 'standin' && running === undefined
      ? await startService({
          name: 'the stand-in endpoint',
          script: fileURLToPath(standinEntry),
          ...(signal === undefined ? {} : { signal }),
        })
      : undefined;
  const { https_proxy, HTTPS_PROXY, no_proxy, NO_PROXY } = environment;
  const httpsProxy = https_proxy ?? HTTPS_PROXY;
  const noProxy = no_proxy ?? NO_PROXY;
  const settings =
    choice.kind === 'remote'
      ? {
          profile: choice.profile,
          baseUrl: choice.baseUrl,
          apiKey: choice.apiKey,
          ...(choice.caFile === undefined ? {} : { caFile: choice.caFile }),
          ...(httpsProxy === undefined ? {} : { proxy: { httpsProxy, ...(noProxy === undefined ? {} : { noProxy }) } }),
        }
      : { profile: 'generic' as const, baseUrl: standin?.url ?? running ?? '', apiKey: 'standin' };
  const timeoutMs = (config.endpoint?.timeoutSeconds ?? 120) * 1000;
  const endpoint = createEndpoint({ ...settings, timeoutMs });
  const extractive = choice.kind === 'standin' || (isLoopback(settings.baseUrl) && (await isStandin(endpoint, signal)));
  // a stand-in's vectors and ranks carry no meaning
  const modelNames: OpenEndpoint['modelNames'] =
    choice.kind === 'remote' && !extractive ? choice.models : STANDIN_MODELS;
  const { embedding, rerank } = modelNames;
  const dimensions = config.endpoint?.dimensions ?? 1024;
  return {
    endpoint,
    baseUrl: settings.baseUrl,
    standin: extractive,
    modelNames,
    chat(name) {
      if (name === 'chat' || name === 'fast') return endpoint.chat(modelNames[name]);
      const near = nearestName(name, ['chat', 'fast']);
      if (near === undefined) return endpoint.chat(name);
      throw new FieldkitError('INVALID_CONFIG', `pipeline: there is no model role "${name}"; did you mean "${near}"?`);
    },
    embedder: embedding === undefined ? undefined : endpoint.embedder(embedding, { dimensions }),
    reranker: rerank === undefined ? undefined : endpoint.reranker(rerank),
    async close() {
      await endpoint.close();
      await standin?.close();
    },
  };
}

/** A stand-in on this machine answers at once; who takes longer is none. */
const PROBE_MS = 2000;

function isLoopback(baseUrl: string): boolean {
  return /^(localhost|127\..*|\[::1\])$/.test(new URL(baseUrl).hostname);
}

/** Whether a stand-in listens at an address of this machine: only there can one be met. */
async function isStandin(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const limit = AbortSignal.timeout(PROBE_MS);
    const models = await endpoint.listModels({
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    return models.some(({ standin }) => standin === true);
  } catch {
    return false; // the first real call says what is wrong
  }
}
