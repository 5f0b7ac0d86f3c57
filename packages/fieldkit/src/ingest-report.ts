import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { counted, toFieldkitError } from '@fieldkit/core';
import { adviseOn, ingestReport, inventoryOf, pageImages } from '@fieldkit/ingest';
import type { Project } from '@fieldkit/project';
import type { CommandContext, CommandInput } from './command.ts';
import { languageOption } from './ingest-inventory.ts';
import { segmentationMeasure } from './measure-segmentation.ts';
import { storedKnowledge } from './stored-knowledge.ts';

/** Small enough for a page of many documents, large enough to see what a box stands on. */
const PICTURE = { dpi: 64, format: 'webp', quality: 45 } as const;

export interface ReportFiles {
  readonly html: string;
  readonly json: string;
  readonly suggestions: number;
}

/** Writes `index.html` and `report.json` into a folder, by default `.fieldkit/report`. */
export async function writeIngestReport(
  project: Project,
  folder: string | undefined,
  input: CommandInput,
  { terminal, signal, cwd }: CommandContext,
): Promise<ReportFiles> {
  const language = languageOption(input, project);
  const { documents, duplicates, unread, files } = await storedKnowledge(project, signal);
  const measure = await segmentationMeasure(project, documents, {
    signal,
    onInvalid: (message) => terminal.notice(terminal.style.yellow(`  a question was left out: ${message}`)),
    onCandidate: (name) => terminal.notice(`  measuring segmentation ${name}`),
  });
  const { segmentation } = project.config.knowledge;
  const dimensions = project.config.endpoint?.dimensions;
  const advice = await adviseOn(
    { documents, duplicates, unread, segmentation, ...(dimensions === undefined ? {} : { dimensions }) },
    { language, ...(measure === undefined ? {} : { measure }) },
  );
  const paths = new Map(files.map(({ uri, tenant, path }) => [`${tenant}\n${uri}`, path]));
  const { html, json, pagesFailed } = await ingestReport(
    {
      project: project.config.name,
      date: new Date().toISOString().slice(0, 10),
      documents,
      inventory: inventoryOf({ documents, duplicates, unread }),
      duplicates,
      advice,
    },
    {
      language,
      draw: async (document, pages) => {
        const path = paths.get(`${document.tenant}\n${document.uri}`);
        if (path === undefined || document.mediaType !== 'application/pdf') return { images: [], failed: [] };
        signal.throwIfAborted();
        try {
          return await pageImages({ path, uri: document.uri, pages, ...PICTURE, signal });
        } catch (error) {
          signal.throwIfAborted();
          // the page still shows the outlines of this document
          const { message } = toFieldkitError(error);
          return { images: [], failed: pages.map((page) => ({ page, message })) };
        }
      },
    },
  );
  if (pagesFailed > 0)
    terminal.notice(
      terminal.style.yellow(`  ${counted(pagesFailed, 'page')} could not be drawn; their outlines are shown`),
    );
  const target = folder === undefined ? join(project.paths.work, 'report') : resolve(cwd, folder);
  mkdirSync(target, { recursive: true });
  const written = { html: join(target, 'index.html'), json: join(target, 'report.json') };
  replaceFile(written.html, html);
  replaceFile(written.json, `${JSON.stringify(json, null, 2)}\n`);
  return { ...written, suggestions: advice.suggestions.length };
}

function replaceFile(path: string, content: string): void {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}
