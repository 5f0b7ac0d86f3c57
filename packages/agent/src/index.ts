export { type Agent, type AgentOptions, type AskOptions, createAgent, type ResumeOptions } from './agent.ts';
export { type Approval, approvalSchema, type Decision } from './approvals.ts';
export { type CheckPipelineOptions, checkPipeline, type PatternUse, patternsUsed } from './check-pipeline.ts';
export { describePipeline, type PipelineDescription, pipelineEdges } from './describe-pipeline.ts';
export type { AgentEvent } from './events.ts';
export { type GuardsPlan, guardsSchema } from './guards.ts';
export type { LongTermMemory, MemoryNote } from './long-term-memory.ts';
export {
  type AnswerOptions,
  type AnswerSpec,
  answer,
  type DelegateSpec,
  delegate,
  type Edge,
  type EdgeCondition,
  END,
  edgeSchema,
  type GatherOptions,
  type GatherSpec,
  gather,
  limitsSchema,
  type MemoryPlan,
  memorySchema,
  type NodeSpec,
  nodeName,
  nodeSpecSchema,
  type PipelinePlan,
  type PipelinePlanInput,
  type PlanSpec,
  pipelinePlan,
  pipelinePlanSchema,
  plan,
  type ReactSpec,
  type ReflectSpec,
  type RouteSpec,
  react,
  reflect,
  route,
  type UnderstandOptions,
  type UnderstandSpec,
  understand,
} from './plan.ts';
export type { PostgresPlace } from './postgres-store.ts';
export { defaultPrompts, type Prompt, parsePrompt, promptVariables, renderPrompt, usedVariables } from './prompts.ts';
export type { ReplayOptions } from './replay.ts';
export type { Locate, Located } from './run-context.ts';
export type { RunArchive } from './run-records.ts';
export type { Turn } from './state.ts';
