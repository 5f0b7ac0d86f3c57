export { type Agent, type AgentOptions, type AskOptions, createAgent } from './agent.ts';
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
export type { Locate, Located } from './run-context.ts';
export type { Turn } from './state.ts';
