import { edgeSchema, memorySchema, nodeSpecSchema, pipelinePlanSchema } from '@fieldkit/agent/plan';
import { DEFAULT_TENANT } from '@fieldkit/core';
import { modelFactsSchema } from '@fieldkit/models/facts';
import { z } from 'zod';
import {
  environmentValueSchema,
  moneySchema,
  projectPathSchema as path,
  textSchema as text,
  valueSchema as value,
} from './config-values.ts';
import { evaluationSchema } from './evaluation-specs.ts';
import { toolSpecSchema } from './tool-specs.ts';

/**
 * How Chinese is cut: words, or overlapping pairs of characters, which fit traditional script and part numbers. The index has to be
 * built again after a change. Default `words`.
 */
const han = z.enum(['words', 'bigrams']).exactOptional();

/** Whose texts decide how rare a word is, the same on both engines. Default `tenant`, which needs Qdrant 1.19. */
const idf = z.enum(['tenant', 'collection']).exactOptional();

const indexSchema = z.discriminatedUnion('engine', [
  z.strictObject({ engine: z.literal('lance'), han, idf }),
  z.strictObject({
    engine: z.literal('qdrant'),
    han,
    url: value,
    apiKey: value.exactOptional(),
    /** Alias of the collection. Default: the project's name. */
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,200}$/, 'must be letters, digits, - and _')
      .exactOptional(),
    shards: z.number().int().min(1).exactOptional(),
    /** Copies of each shard; 2 on a cluster of three nodes or more. */
    replicas: z.number().int().min(1).exactOptional(),
    writeConsistency: z.number().int().min(1).exactOptional(),
    quantization: z.enum(['none', 'scalar', 'binary']).exactOptional(),
    idf,
    vectorsOnDisk: z.boolean().exactOptional(),
  }),
]);

/** How passages are found; `fieldkit retrieval tune` measures what fits. */
const retrievalSchema = z.strictObject({
  /** Default: hybrid with an embedding model, else lexical. */
  mode: z.enum(['lexical', 'dense', 'hybrid']).exactOptional(),
  /** How two lists become one: scaled scores, or reciprocal ranks. Default `minmax`, the dense share as measured when the index was built. */
  fusion: z
    .strictObject({
      method: z.enum(['minmax', 'rrf']),
      denseWeight: z.number().min(0).max(1).exactOptional(),
      k: z.number().min(1).exactOptional(),
    })
    .exactOptional(),
  /** Candidates looked at before the list is cut. */
  depth: z.number().int().min(1).max(1000).exactOptional(),
  /** Candidates handed to the reranker. Default 30. */
  rerankDepth: z.number().int().min(1).max(500).exactOptional(),
  /** Passages of one document at most. */
  perDocument: z.number().int().min(1).exactOptional(),
  /** Chunks before and after each passage that come along. Default 0. */
  neighbours: z.number().int().min(0).max(5).exactOptional(),
  /** Share of common five-word runs from which two passages count as one; 1 keeps all. Default 0.8. */
  sameFrom: z.number().min(0).max(1).exactOptional(),
  /** Metadata that tells versions of one document apart, of which the newest is kept; false keeps all. Default `series` with `version`, `effective`, `date`, `modified`. */
  versions: z
    .union([
      z.literal(false),
      z.strictObject({ series: text.exactOptional(), order: z.array(text).min(1).exactOptional() }),
    ])
    .exactOptional(),
  /** Estimated tokens of all passages together. */
  tokens: z.number().int().min(100).exactOptional(),
  /** Below these a passage is nothing relevant. */
  floor: z
    .strictObject({
      lexical: z.number().exactOptional(),
      dense: z.number().exactOptional(),
      rerank: z.number().exactOptional(),
    })
    .exactOptional(),
});

/** Which dialect of the OpenAI protocol is spoken. */
const profileSchema = z.enum(['dashscope', 'openai', 'vllm', 'generic']);

const limitsSchema = z.record(
  text,
  z
    .strictObject({
      requestsPerMinute: z.number().int().min(1).exactOptional(),
      tokensPerMinute: z.number().int().min(1).exactOptional(),
    })
    .refine((limits) => Object.keys(limits).length > 0, 'must say requestsPerMinute or tokensPerMinute'),
);

/** Another way to an answer: another region, another endpoint, or another model. What is left out is as in `endpoint`. */
const routeSchema = z.strictObject({
  /** For findings and reports. Default: host and model. */
  name: text.exactOptional(),
  profile: profileSchema.exactOptional(),
  baseUrl: value.exactOptional(),
  /** A key belongs to one region: a route with an address of its own has a key of its own, or none. */
  apiKey: value.exactOptional(),
  caFile: value.exactOptional(),
  models: z.strictObject({ chat: value.exactOptional(), fast: value.exactOptional() }).exactOptional(),
});

/** Dots per inch of the pictures that are read. */
const dpi = z.number().int().min(72).max(600);
/** Below this mean confidence a page is a warning. */
const minConfidence = z.number().min(0).max(1).default(0.85);

export const projectConfigSchema = z.strictObject({
  /** Names the project in runs and reports. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens'),
  /** Languages the customer reads, BCP 47 primary subtags. */
  language: z
    .array(z.string().regex(/^[a-z]{2,3}$/))
    .min(1)
    .default(['en']),
  /** Left out: the stand-in, an extractive endpoint without a language model, is started. */
  endpoint: z
    .strictObject({
      profile: profileSchema.default('generic'),
      /** Up to `/v1` or `/compatible-mode/v1`. */
      baseUrl: value,
      apiKey: value.optional(),
      models: z.strictObject({
        chat: value,
        /** For cheap nodes; default: the chat model. */
        fast: value.optional(),
        /** Left out: retrieval is lexical. */
        embedding: value.optional(),
        rerank: value.optional(),
      }),
      /** Vector length asked for. Default 1024. */
      dimensions: z.number().int().min(32).max(8192).optional(),
      timeoutSeconds: z.number().min(1).max(3600).default(120),
      /** PEM file with a private certificate authority. */
      caFile: value.optional(),
      /** Asked in order when the endpoint does not answer; each has a circuit breaker. Default none. */
      routes: z.array(routeSchema).default([]),
      /** Requests and tokens per minute by model id, `*` for the rest. Default: found by being refused. */
      limits: limitsSchema.default({}),
      /** What is known of a model and differs from our facts: prices, caps, retirement. Goes before what `doctor --live` found. */
      facts: z.record(text, modelFactsSchema).default({}),
      /** Money at most, all runs together; needs prices of the models in `facts`. A run has its own bound in `budget`. */
      spending: z
        .strictObject({ day: moneySchema.exactOptional(), project: moneySchema.exactOptional() })
        .exactOptional(),
    })
    .optional(),
  /** Embeddings on this machine instead of the endpoint's: a folder with `model.onnx` and `tokenizer.json`. */
  embeddings: z
    .strictObject({
      engine: z.literal('onnx'),
      /** Absolute, or relative to the project. */
      folder: value,
      /** Default: as the folder's own files say, else mean. */
      pooling: z.enum(['mean', 'cls']).exactOptional(),
      /** Put before every question or passage, for models that want it: `query: `. Default nothing. */
      queryPrefix: z.string().exactOptional(),
      documentPrefix: z.string().exactOptional(),
      /** Texts at a time. Default 16. */
      batchSize: z.number().int().min(1).max(512).exactOptional(),
      /** Tokens of one text; the rest is left out. Default: the model's. */
      maxTokens: z.number().int().min(8).exactOptional(),
      /** Default: processors, at most 4. */
      threads: z.number().int().min(1).max(64).exactOptional(),
    })
    .exactOptional(),
  knowledge: z
    .strictObject({
      /** Glob patterns relative to the project. */
      include: z.array(path).min(1).default(['knowledge/**']),
      exclude: z.array(path).default([]),
      tenant: text.default(DEFAULT_TENANT),
      segmentation: z
        .strictObject({
          /** How documents are cut; `fieldkit ingest --report` measures which fits. */
          strategy: z
            .enum(['structure', 'recursive', 'sentence', 'table-rows', 'qa', 'clause', 'parent-child'])
            .default('structure'),
          /** Estimated model tokens of a chunk. */
          maxTokens: z.number().int().min(50).max(4000).default(400),
        })
        .prefault({}),
      /** Whether a chunk is indexed and shown with its document's title, its headings and a table's header row. */
      contextLine: z.boolean().default(true),
      /**
       * Lets a model write for each chunk what it is about, once for each content: indexed and shown, never quoted. Costs one call a chunk.
       * Left out: title and headings only.
       */
      contexts: z
        .strictObject({
          /** `chat`, `fast` or a model of the endpoint. */
          model: text.default('fast'),
          /** Of the document that the model sees around a chunk. */
          maxDocumentTokens: z.number().int().min(100).max(200_000).default(8000),
        })
        .optional(),
      limits: z
        .strictObject({
          /** Per document. */
          timeoutSeconds: z.number().min(1).max(3600).default(20),
          /** Of the parsing process. */
          memoryMb: z.number().int().min(100).max(16_000).default(500),
          maxMegabytes: z.number().min(0.1).max(4000).default(100),
          maxPages: z.number().int().min(1).max(100_000).default(2000),
        })
        .prefault({}),
      /**
       * Reads pages that are pictures: on this machine with tesseract.js, or with a vision model of the endpoint, to which the pictures are
       * sent. Left out: they are reported as `needs-ocr`.
       */
      ocr: z
        .discriminatedUnion('engine', [
          z.strictObject({ engine: z.literal('local'), dpi: dpi.default(300), minConfidence }),
          z.strictObject({
            engine: z.literal('vision'),
            /** A model that takes pictures: a name of `endpoint.models` or of the endpoint itself. */
            model: text,
            dpi: dpi.default(150),
            minConfidence,
          }),
        ])
        .optional(),
      /** Documents parsed at a time. Default: processors, at most 4. */
      processes: z.number().int().min(1).max(64).optional(),
    })
    .prefault({}),
  index: indexSchema.default({ engine: 'lance' }),
  retrieval: retrievalSchema.prefault({}),
  tools: z.array(toolSpecSchema).default([{ kind: 'search-knowledge', limit: 8 }]),
  /** Nodes in order; default: understand, gather, answer. */
  pipeline: z.array(nodeSpecSchema).min(1).optional(),
  /** Edges besides the order of the nodes. */
  edges: z.array(edgeSchema).default([]),
  memory: memorySchema.prefault({}),
  /** Write tools that need no approval, as long as no text from outside was read before. Default none. */
  granted: pipelinePlanSchema.shape.granted,
  /** What happens when a model wants to write: `mode` `ask` (default) or `refuse`; `expirySeconds`, default one day. */
  approval: pipelinePlanSchema.shape.approval,
  /** Hosts that links may point to (default none), sentences addressed to a model (removed), personal data, own policies. */
  guards: pipelinePlanSchema.shape.guards,
  budget: z
    .strictObject({
      /** Model and tool calls of one question. */
      steps: z.number().int().min(1).default(12),
      tokens: z.number().int().min(100).default(30_000),
      seconds: z.number().min(1).default(120),
      cost: moneySchema.optional(),
    })
    .prefault({}),
  /** Where conversations, unfinished runs and approvals are kept. Left out: a file in `.fieldkit`. On PostgreSQL several replicas share them. */
  sessions: z
    .strictObject({
      /** `postgresql://user:password@host:port/database`, from the environment. The user may make tables. */
      postgres: environmentValueSchema,
      /** Of the tables, made when it is missing. Default: `fieldkit_` and the project's name. */
      schema: z
        .string()
        .regex(/^[a-z][a-z0-9_]{0,62}$/, 'must have lower-case letters, digits and underscores')
        .optional(),
    })
    .optional(),
  /** What `fieldkit eval` asks besides this agent, and models that judge. */
  evaluation: evaluationSchema.prefault({}),
  scope: z.strictObject({ packages: z.array(text) }).optional(),
});

/** As written in `fieldkit.config.ts`: defaults may be left out. */
export type ProjectConfigInput = z.input<typeof projectConfigSchema>;
/** With every default filled in. */
export type ProjectConfig = Readonly<z.output<typeof projectConfigSchema>>;
