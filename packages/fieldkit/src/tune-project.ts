import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { segmentDocument, segmenterStamp } from '@fieldkit/ingest';
import type { Project } from '@fieldkit/project';
import {
  candidateSettings,
  createLanceIndex,
  createRetriever,
  type MetricName,
  type RetrievalCandidate,
  type RetrievalQuestion,
  type RetrievalSettings,
  syncIndex,
  tuneRetrieval,
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
  const { embedder, reranker } = await project.endpoint();
  const models = { ...(embedder === undefined ? {} : { embedder }), ...(reranker === undefined ? {} : { reranker }) };
  const index = await project.index();
  const onIndex = candidateSettings(project.config.retrieval, {
    dense: embedder !== undefined,
    rerank: reranker !== undefined,
  }).map(
    ({ name, settings }): RetrievalCandidate => ({
      name,
      settings: { retrieval: settings },
      open: async () => ({ retrieve: createRetriever({ index, ...models, defaults: settings }) }),
    }),
  );
  const { segmentation } = project.config.knowledge;
  const sizes = SIZES.filter((size) => size !== segmentation.maxTokens).map(
    (maxTokens): RetrievalCandidate => ({
      name: `chunks of ${maxTokens} tokens`,
      settings: { knowledge: { segmentation: { ...segmentation, maxTokens } } },
      open: () => openResegmented(project, { ...segmentation, maxTokens }, models, project.config.retrieval, signal),
    }),
  );
  const report = await tuneRetrieval({
    candidates: [...onIndex, ...sizes],
    questions,
    caller: project.caller(),
    metric,
    signal,
    onProgress: (candidate, done, total) => terminal.notice(`  [${done + 1}/${total}] ${candidate}`),
  });
  const folder = join(project.paths.root, 'evidence');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `retrieval-tuning-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`);
  writeFileSync(path, `${JSON.stringify({ questions: questions.length, ...report }, null, 2)}\n`);
  if (flag(input, 'json')) terminal.json(report);
  terminal.line(`\n${metric} on the half of the questions that chooses:`);
  for (const { name, chosenOn } of report.candidates) {
    const { low, high } = chosenOn.intervals[metric];
    terminal.line(
      `  ${name.padEnd(28)} ${chosenOn.mean[metric].toFixed(3)}   95 % ${low.toFixed(3)} to ${high.toFixed(3)}   ${chosenOn.latencyMs.p50.toFixed(0)} ms`,
    );
  }
  terminal.line(`\nRecommended: ${report.recommended}. ${report.reason}`);
  terminal.line(`  in fieldkit.config.ts: ${JSON.stringify(report.settings)}`);
  terminal.line(`\nEvidence: ${relative(context.cwd, path)}`);
  terminal.line(`Next: change the configuration if you agree, then ${nextStep(context, input, 'index rebuild')}`);
  return 0;
}

/** The same documents cut in another way, indexed in a temporary folder. */
async function openResegmented(
  project: Project,
  segmentation: { readonly maxTokens: number },
  models: Pick<Parameters<typeof createRetriever>[0], 'embedder' | 'reranker'>,
  defaults: RetrievalSettings,
  signal: AbortSignal,
) {
  const directory = mkdtempSync(join(tmpdir(), 'fieldkit-tune-'));
  const index = await createLanceIndex({ directory });
  const close = async () => {
    await index.close();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const readable = project.documents.list().filter(({ failure }) => failure === undefined);
    await syncIndex({
      index,
      documents: readable.map(({ id, contentHash }) => ({ id, contentStamp: contentHash })),
      chunksOf: async (id) => {
        const document = project.documents.get(id);
        return document === undefined ? [] : segmentDocument(document, segmentation);
      },
      stamp: { segmenter: segmenterStamp(segmentation) },
      ...(models.embedder === undefined ? {} : { embedder: models.embedder }),
      signal,
    });
    return { retrieve: createRetriever({ index, ...models, defaults }), close };
  } catch (error) {
    await close();
    throw error;
  }
}
