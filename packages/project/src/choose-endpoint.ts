import { FieldkitError } from '@fieldkit/core';
import type { ProjectConfig } from './config-schema.ts';
import { describeValue, resolveValue } from './config-values.ts';

export type EndpointModels = Readonly<{ chat: string; fast: string; embedding?: string; rerank?: string }>;

/** One address with its key. */
export interface Address {
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

export type Environment = Readonly<Record<string, string | undefined>>;

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
