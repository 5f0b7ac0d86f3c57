import { counted, FieldkitError } from '@fieldkit/core';
import type { Project } from '@fieldkit/project';
import {
  type Command,
  type CommandContext,
  type CommandInput,
  type ExitCode,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  stringOption,
} from '../command.ts';
import { createIndexProgress, fileLine, showSummary, summaryJson } from '../show-ingest.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'index stats | index rebuild | index copy --to qdrant --url URL [--name NAME] [--project DIR] [--json]',
  description:
    '`stats` says what is in the index and what it was built with. `rebuild` builds it again beside the old one and swaps when it is whole: needed after a\nchange of segmentation, embedding model or Node version. Documents that did not change are not read again.\n`copy` moves the index to a Qdrant server without reading or embedding anything again (key from QDRANT_API_KEY).',
  options: {
    ...PROJECT_OPTIONS,
    to: { type: 'string', value: 'ENGINE', summary: 'with copy: qdrant' },
    url: { type: 'string', value: 'URL', summary: 'with copy: address of the Qdrant server (default: QDRANT_URL)' },
    name: {
      type: 'string',
      value: 'NAME',
      summary: "with copy: alias of the collection (default: the project's name)",
    },
  },
  examples: ['fieldkit index stats', 'fieldkit index rebuild --project examples/equipment-desk'],
  positionals: { min: 1, max: 1 },
  run: (input, context) =>
    withProject<ExitCode>(input, context, async (project) => {
      const { terminal, signal } = context;
      const [action] = input.positionals;
      if (action === 'stats') {
        const stats = await project.indexStats();
        if (flag(input, 'json')) terminal.json(stats);
        const { engine, documents, chunks, dense, unindexed = 0, bytes, stamp } = stats;
        terminal.line(
          `${engine}: ${counted(documents, 'document')}, ${counted(chunks, 'chunk')}${bytes === undefined ? '' : `, ${(bytes / 1e6).toFixed(1)} MB`}`,
        );
        terminal.line(`  words    ${stamp === undefined ? 'nothing is built yet' : `analyser ${stamp.analyzer}`}`);
        terminal.line(
          `  meaning  ${stamp?.embedding === undefined ? 'none: retrieval is lexical' : `${stamp.embedding.model}, ${stamp.embedding.dimensions} dimensions, ${dense}`}`,
        );
        terminal.line(`  segments ${stamp?.segmenter ?? 'none'}`);
        if (unindexed > 0)
          terminal.line(`  waiting  ${counted(unindexed, 'chunk')} searched one by one until more have changed`);
        terminal.line(`\nNext: ${nextStep(context, input, chunks === 0 ? 'ingest' : 'search "a few words"')}`);
        return 0;
      }
      if (action === 'rebuild') {
        const summary = await project.ingest({
          signal,
          rebuild: true,
          onFile: (file, done, total) => terminal.notice(fileLine(file, done, total)),
          onIndex: createIndexProgress(terminal),
        });
        if (flag(input, 'json')) terminal.json(summaryJson(summary));
        showSummary(summary, terminal);
        terminal.line(`\nNext: ${nextStep(context, input, 'ask "your question"')}`);
        return summary.failed === 0 ? 0 : 3;
      }
      if (action === 'copy') return copy(project, input, context);
      throw new FieldkitError('INVALID_OPTION', `say: fieldkit ${command.usage}`);
    }),
};

async function copy(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, environment, signal } = context;
  const url = stringOption(input, 'url') ?? environment.QDRANT_URL;
  if (stringOption(input, 'to') !== 'qdrant' || url === undefined) {
    throw new FieldkitError('INVALID_OPTION', 'say where to: fieldkit index copy --to qdrant --url http://HOST:6333');
  }
  const { copyIndex, createQdrantIndex } = await import('@fieldkit/rag');
  const name = stringOption(input, 'name') ?? project.config.name;
  const { QDRANT_API_KEY: apiKey } = environment;
  const target = await createQdrantIndex({ url, name, ...(apiKey === undefined ? {} : { apiKey }) });
  try {
    const copied = await copyIndex({
      from: await project.index(),
      to: target,
      signal,
      onProgress: (chunks) => terminal.notice(`  ${counted(chunks, 'chunk')}`),
    });
    if (flag(input, 'json')) terminal.json({ ...copied, url, name });
    terminal.line(
      `${counted(copied.documents, 'document')}, ${counted(copied.chunks, 'chunk')} now at ${url} as "${name}"`,
    );
    terminal.line(
      `\nNext: set index: { engine: 'qdrant', url: env('QDRANT_URL') } in fieldkit.config.ts, then ${nextStep(context, input, 'index stats')}`,
    );
    return 0;
  } finally {
    await target.close();
  }
}
