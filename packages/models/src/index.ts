export type { BatchModel, BatchOptions, BatchProgress, BatchResult } from './batch.ts';
export type { RateLimits } from './call-policy.ts';
export { type Cassette, type CassetteOptions, openCassette } from './cassette.ts';
export { costOf } from './cost.ts';
export type { EmbedderOptions } from './embedder.ts';
export {
  createEndpoint,
  type Endpoint,
  type EndpointChatOptions,
  type EndpointOptions,
  type ProfileName,
} from './endpoint.ts';
export { createFailover, type FailoverModel, type FailoverOptions, type Route } from './failover.ts';
export {
  type DatedFacts,
  dashscopeFacts,
  type ModelFacts,
  type ModelFactsTable,
  openaiFacts,
  type Prices,
  type PriceTier,
} from './model-facts.ts';
export { createOnnxEmbedder, type OnnxEmbedder, type OnnxEmbedderOptions, type OnnxRuntime } from './onnx-embedder.ts';
export { probeEndpoint } from './probe-endpoint.ts';
export type { FactName, ProbeOptions, ProbeReport, ProbeResult } from './probes/probe-session.ts';
export type { EndpointProfile } from './profiles/profile.ts';
export { profiles } from './profiles.ts';
export {
  createSpendingGuard,
  type SpendingGuard,
  type SpendingGuardOptions,
  type SpendingLedger,
  type SpendingLimits,
} from './spending-guard.ts';
