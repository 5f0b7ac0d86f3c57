/** Packages that import core and nothing else of ours. */
export const FEATURES = [
  'models',
  'ingest',
  'rag',
  'agent',
  'mcp-tools',
  'eval',
  'stress',
  'tuning',
  'handover',
  'standin',
];

const PROJECT = ['core', ...FEATURES];

export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ...Object.fromEntries(FEATURES.map((name) => [name, ['core']])),
  project: PROJECT,
  server: [...PROJECT, 'project'],
  console: ['core', 'eval'], // types of what the API gives; nothing of ours is bundled but what core/quote and core/table-cells hold
  fieldkit: [...PROJECT, 'project', 'server', 'console'],
  examples: ['project'],
};

/** Each vendor library has one owner; `langchain.ts` subpaths may meet LangChain's types too. */
export const VENDOR_OWNERS: Readonly<Record<string, readonly string[]>> = {
  openai: ['models'],
  undici: ['models'],
  'pdf-parse': ['ingest'],
  'pdfjs-dist': ['ingest', 'console'],
  mammoth: ['ingest'],
  yauzl: ['ingest'],
  '@lancedb/lancedb': ['rag'],
  'apache-arrow': ['rag'],
  '@qdrant/js-client-rest': ['rag'],
  '@langchain/langgraph': ['agent'],
  '@langchain/langgraph-checkpoint': ['agent'],
  '@langchain/langgraph-checkpoint-postgres': ['agent'],
  '@langchain/core': ['agent'],
  langchain: ['agent'],
  '@modelcontextprotocol/server': ['mcp-tools'],
  '@modelcontextprotocol/client': ['mcp-tools'],
  '@modelcontextprotocol/sdk': ['mcp-tools'],
  pg: ['mcp-tools', 'agent'], // a customer's views; the agent's own tables
  mysql2: ['mcp-tools'],
  hono: ['server'],
  '@hono/node-server': ['server'],
  jose: ['server'],
  pino: ['server'],
  '@opentelemetry/api': ['server'],
  '@opentelemetry/sdk-trace': ['server'],
  '@opentelemetry/resources': ['server'],
  '@opentelemetry/exporter-trace-otlp-http': ['server'],
  preact: ['console'],
  'wouter-preact': ['console'],
  'lucide-preact': ['console'],
  vite: ['console'],
};
