export { costOf } from './cost.ts';
export type { EmbedderOptions } from './embedder.ts';
export {
  createEndpoint,
  type Endpoint,
  type EndpointChatOptions,
  type EndpointOptions,
  type ProfileName,
} from './endpoint.ts';
export {
  type DatedFacts,
  dashscopeFacts,
  type ModelFacts,
  type ModelFactsTable,
  openaiFacts,
  type Prices,
  type PriceTier,
} from './model-facts.ts';
export type { EndpointProfile } from './profiles/profile.ts';
export { profiles } from './profiles.ts';
