import {
  answer,
  defineProject,
  env,
  gather,
  lookupRecord,
  searchKnowledge,
  secret,
  understand,
} from '@fieldkit/project';

export default defineProject({
  name: 'policy-desk-zh',
  language: ['zh'],
  // 不设置这些环境变量时，由本机的替身服务摘录原文作答，不使用语言模型。
  endpoint: {
    profile: 'dashscope',
    baseUrl: env('MAAS_BASE_URL'),
    apiKey: secret(['MAAS_API_KEY', 'DASHSCOPE_API_KEY']),
    models: {
      chat: env('MAAS_CHAT_MODEL', { fallback: 'qwen3.7-plus' }),
      fast: env('MAAS_FAST_MODEL', { fallback: 'qwen3.7-flash' }),
      embedding: env('MAAS_EMBEDDING_MODEL', { fallback: 'text-embedding-v4' }),
    },
  },
  knowledge: { include: ['knowledge/**'], segmentation: { strategy: 'structure', maxTokens: 400 } },
  index: { engine: 'lance' },
  tools: [
    searchKnowledge({ limit: 8 }),
    lookupRecord({
      openapi: 'tools/records.yaml',
      operations: ['getLeaveBalance', 'getClaim', 'getTravelRequest', 'getLeaveRequest'],
      baseUrl: env('RECORDS_URL'),
      devServer: 'tools/records-server.ts',
    }),
  ],
  pipeline: [understand({ model: 'fast' }), gather({ model: 'fast', rounds: 2 }), answer({ model: 'chat' })],
  memory: { turns: 6, tokens: 4000 },
  budget: { steps: 12, tokens: 30_000, seconds: 120 },
  scope: { packages: ['agent-building'] },
});
