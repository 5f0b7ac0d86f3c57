export { type Agent, type AgentOptions, type AskOptions, createAgent, type ResumeOptions } from './agent.ts';
export { type Approval, approvalSchema, type Decision } from './approvals.ts';
export type { AgentEvent } from './events.ts';
export {
  type AnswerOptions,
  type AnswerSpec,
  answer,
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
  pipelinePlan,
  pipelinePlanSchema,
  type UnderstandOptions,
  type UnderstandSpec,
  understand,
} from './plan.ts';
export { defaultPrompts, type Prompt, parsePrompt, promptVariables, renderPrompt, usedVariables } from './prompts.ts';
export type { ReplayOptions } from './replay.ts';
export type { Locate, Located } from './run-context.ts';
export type { Turn } from './state.ts';
