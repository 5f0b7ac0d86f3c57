import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import {
  type AnalyzeTextOptions,
  type Chunk,
  type Document,
  type Embedder,
  estimateTokens,
  FieldkitError,
  type Reranker,
} from '@fieldkit/core';
import { segmentDocument, segmenterStamp } from '@fieldkit/ingest';
import { openContextCache, type Project, withoutContext } from '@fieldkit/project';
import {
  candidateSettings,
  createLanceIndex,
  createRetriever,
  type MetricName,
  type RetrievalCandidate,
  type RetrievalQuestion,
  syncIndex,
  tuneRetrieval,
  writeContexts,
} from '@fieldkit/rag';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep } from './command.ts';

/** Chunk sizes tried besides the one in use, in estimated tokens. */
const SIZES = [200, 300, 600, 800];

/** Measures candidates and writes the recommended configuration with its evidence into `evidence/`. */
export async function tuneProject(
  project: Project,
  questions: readonly RetrievalQuestion[],
  metric: MetricName,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const report = await tuneRetrieval({
    candidates: await projectCandidates(project, flag(input, 'contexts'), signal),
    questions,
    caller: project.caller(),
    metric,
    signal,
    onProgress: (candidate, done, total) => terminal.notice(`  [${done + 1}/${total}] ${candidate}`),
  });
  const synthetic = questions.filter((question) => question.synthetic === true).length;
  const evidence = { questions: questions.length, synthetic, ...report };
  const folder = join(project.paths.root, 'evidence');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `retrieval-tuning-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`);
  writeFileSync(path, `${JSON.stringify(evidence, null, 2)}\n`);
  if (flag(input, 'json')) terminal.json(evidence);
  if (synthetic > 0) {
    terminal.line(
      `${synthetic} of ${questions.length} questions were written by a model: they compare settings; how good retrieval is, only people's questions say.`,
    );
  }
  terminal.line(`\n${metric} on the half of the questions that chooses, and what it costs in estimated tokens:`);
  terminal.line(`  ${''.padEnd(28)}                              a search   to build   models   passages`);
  for (const { name, chosenOn, cost } of report.candidates) {
    const { low, high } = chosenOn.intervals[metric];
    const quality = `${chosenOn.mean[metric].toFixed(3)}   95 % ${low.toFixed(3)} to ${high.toFixed(3)}`;
    const [building, search, passages] = [cost.building, cost.search, cost.passages].map(String);
    terminal.line(
      `  ${name.padEnd(28)} ${quality}  ${chosenOn.latencyMs.p50.toFixed(0).padStart(5)} ms ${building?.padStart(10)} ${search?.padStart(8)} ${passages?.padStart(10)}`,
    );
  }
  terminal.line(`\nRecommended: ${report.recommended}. ${report.reason}`);
  terminal.line(`  in fieldkit.config.ts: ${JSON.stringify(report.settings)}`);
  terminal.line(`\nPassages given to an answer, with what is recommended, on the other half:`);
  for (const { limit, recall, tokens } of report.depths) {
    const mark = limit === report.limit ? `  <- enough: searchKnowledge({ limit: ${limit} })` : '';
    terminal.line(`  ${String(limit).padStart(2)}   recall ${recall.toFixed(3)}   ${tokens} tokens${mark}`);
  }
  terminal.line(`\nEvidence: ${relative(context.cwd, path)}`);
  terminal.line(`Next: change the configuration if you agree, then ${nextStep(context, input, 'index rebuild')}`);
  return 0;
}

/** Settings on the index in use, and other indexes: chunk sizes, small parts read as wholes, text analysis, the context line. */
async function projectCandidates(
  project: Project,
  withContexts: boolean,
  signal: AbortSignal,
): Promise<RetrievalCandidate[]> {
  const { embedder, reranker, standin, chat } = await project.endpoint();
  const has = { dense: embedder !== undefined, rerank: reranker !== undefined };
  const { retrieval, knowledge, index } = project.config;
  const { segmentation, contexts } = knowledge;
  const { han = 'words' } = project.analyzer;
  const onIndex = candidateSettings(retrieval, has).map(
    ({ name, settings }): RetrievalCandidate => ({
      name,
      settings: { retrieval: settings },
      async open() {
        const models = countTokens({ embedder, reranker });
        const { index: opened, analyzer, documents } = { ...project, index: await project.index() };
        const textOf = (id: string, start: number, end: number) => documents.get(id)?.text.slice(start, end);
        const retrieve = createRetriever({ index: opened, ...models.parts, analyzer, textOf, defaults: settings });
        return { retrieve, spent: () => ({ building: 0, searching: models.spent() }) };
      },
    }),
  );
  const rebuilt = (name: string, settings: RetrievalCandidate['settings'], changed: Partial<Cut>) => ({
    name,
    settings,
    open: () => {
      const adjust = knowledge.contextLine
        ? asTheyAre
        : async (_: Document, chunks: readonly Chunk[]) => chunks.map(withoutContext);
      const cut = { segmentation, analyzer: project.analyzer, adjust, ...changed };
      return openRebuilt(project, cut, { embedder, reranker }, signal);
    },
  });
  const resegmented = [
    ...SIZES.filter((size) => size !== segmentation.maxTokens).map((maxTokens) => ({ ...segmentation, maxTokens })),
    ...(segmentation.strategy === 'parent-child' ? [] : [{ strategy: 'parent-child' as const, maxTokens: 800 }]),
  ].map((other) => {
    const name = `chunks of ${other.maxTokens} tokens`;
    const named = other.strategy === segmentation.strategy ? name : `parts of ${other.maxTokens} tokens`;
    return rebuilt(named, { knowledge: { segmentation: other } }, { segmentation: other });
  });
  const other = han === 'words' ? ('bigrams' as const) : ('words' as const);
  const more = project.config.language.includes('zh')
    ? [rebuilt(`Chinese as ${other}`, { index: { ...index, han: other } }, { analyzer: { han: other } })]
    : [];
  const bare = knowledge.contextLine
    ? [
        rebuilt(
          'without the context line',
          { knowledge: { contextLine: false } },
          { adjust: async (_, chunks) => chunks.map(withoutContext) },
        ),
      ]
    : [];
  if (!withContexts) return [...onIndex, ...resegmented, ...more, ...bare];
  if (standin) {
    throw new FieldkitError(
      'INVALID_OPTION',
      '--contexts asks a model to write, and the stand-in is none: set the variables of endpoint',
    );
  }
  const { model: name = 'fast', maxDocumentTokens = 8000 } = contexts ?? {};
  const written = rebuilt(
    'contexts written by a model',
    { knowledge: { contexts: { model: name } } },
    {
      async adjust(document, chunks, spend) {
        const cache = await openContextCache(project.paths); // what is measured here is paid for once
        try {
          const options = { model: chat(name), chunks, documentText: document.text, cache, maxDocumentTokens, signal };
          const result = await writeContexts(options);
          spend(result.usage.inputTokens + result.usage.outputTokens);
          return result.chunks;
        } finally {
          cache.close();
        }
      },
    },
  );
  return [...onIndex, ...resegmented, ...more, ...bare, written];
}

/** How a candidate's index is made. */
interface Cut {
  readonly segmentation: Project['config']['knowledge']['segmentation'];
  readonly analyzer: AnalyzeTextOptions;
  adjust(document: Document, chunks: readonly Chunk[], spend: (tokens: number) => void): Promise<readonly Chunk[]>;
}

const asTheyAre: Cut['adjust'] = async (_, chunks) => chunks;

interface Models {
  readonly embedder: Embedder | undefined;
  readonly reranker: Reranker | undefined;
}

/** The same models, counting the estimated tokens that they are given. */
function countTokens({ embedder, reranker }: Models) {
  let tokens = 0;
  const count = (texts: readonly string[]) => {
    for (const text of texts) tokens += estimateTokens(text);
  };
  const parts = {
    ...(embedder === undefined
      ? {}
      : {
          embedder: {
            ...embedder,
            embed: (...args: Parameters<Embedder['embed']>) => {
              count(args[0]);
              return embedder.embed(...args);
            },
          },
        }),
    ...(reranker === undefined
      ? {}
      : {
          reranker: {
            ...reranker,
            rerank: (...args: Parameters<Reranker['rerank']>) => {
              count([args[0], ...args[1]]);
              return reranker.rerank(...args);
            },
          },
        }),
  };
  return { parts, spent: () => tokens };
}

/** The same documents cut, analysed or described in another way, indexed in a temporary folder. */
async function openRebuilt(
  project: Project,
  { segmentation, analyzer, adjust }: Cut,
  models: Models,
  signal: AbortSignal,
) {
  const directory = mkdtempSync(join(tmpdir(), 'fieldkit-tune-'));
  const index = await createLanceIndex({ directory });
  const close = async () => {
    await index.close();
    rmSync(directory, { recursive: true, force: true });
  };
  const counted = countTokens(models);
  let written = 0;
  try {
    const readable = project.documents.list().filter(({ failure }) => failure === undefined);
    await syncIndex({
      index,
      documents: readable.map(({ id, contentHash }) => ({ id, contentStamp: contentHash })),
      chunksOf: async (id) => {
        const document = project.documents.get(id);
        if (document === undefined) return [];
        return adjust(document, segmentDocument(document, segmentation), (tokens) => {
          written += tokens;
        });
      },
      stamp: { segmenter: segmenterStamp(segmentation) },
      analyzer,
      ...(counted.parts.embedder === undefined ? {} : { embedder: counted.parts.embedder }),
      signal,
    });
    const built = counted.spent();
    const textOf = (id: string, start: number, end: number) => project.documents.get(id)?.text.slice(start, end);
    const retrieve = createRetriever({
      index,
      ...counted.parts,
      analyzer,
      textOf,
      defaults: project.config.retrieval,
    });
    return {
      retrieve,
      close,
      spent: () => ({ building: built + written, searching: counted.spent() - built }),
    };
  } catch (error) {
    await close();
    throw error;
  }
}
