import { FieldkitError } from '@fieldkit/core';
import type { Cassette } from '@fieldkit/models';
import { z } from 'zod';
import type { Address, ChosenRoute, EndpointModels, Environment } from './choose-endpoint.ts';
import type { ProjectConfig } from './config-schema.ts';
import { type EnvironmentValue, resolveValue } from './config-values.ts';

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
export function secretsOf(config: ProjectConfig, environment: Environment): string[] {
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

/** What a project's endpoint is put together from: chosen now, or as a recording has it. */
export interface Setup {
  readonly address: Address;
  readonly models: EndpointModels;
  readonly routes: readonly ChosenRoute[];
  readonly standin: boolean;
  close(): Promise<void>;
}

/** What a recording keeps of its endpoint; keys stay out. */
export function recordOf({ address, models, routes, standin }: Setup): Recorded {
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
export function recordedSetup({ about }: Cassette): Setup {
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
