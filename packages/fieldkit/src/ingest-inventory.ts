import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { counted, FieldkitError } from '@fieldkit/core';
import { inventoryOf, inventoryWorkbook } from '@fieldkit/ingest';
import type { Project } from '@fieldkit/project';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep, stringOption } from './command.ts';
import { storedKnowledge } from './stored-knowledge.ts';

/** `fieldkit ingest inventory`: the list of documents that a customer signs. */
export async function ingestInventory(
  project: Project,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, signal, cwd } = context;
  const out = stringOption(input, 'out');
  if (out === undefined) throw new FieldkitError('INVALID_OPTION', 'say where to write it: --out inventory.xlsx');
  if (!/\.xlsx$/i.test(out))
    throw new FieldkitError('INVALID_OPTION', `--out must end in .xlsx, not ${JSON.stringify(out)}`);
  const language = languageOption(input, project);

  const { documents, duplicates, unread, waiting, uriOf } = await storedKnowledge(project, signal);
  const inventory = inventoryOf({ documents, duplicates, unread });
  const date = new Date().toISOString().slice(0, 10);
  const bytes = await inventoryWorkbook(inventory, { language, project: project.config.name, date, duplicates, uriOf });
  const file = resolve(cwd, out);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, bytes);
  renameSync(`${file}.part`, file);

  const { totals, rules } = inventory;
  if (flag(input, 'json')) terminal.json({ file, ...inventory });
  terminal.line(
    `${counted(totals.documents, 'document')}, ${counted(totals.pages, 'page')} (${totals.estimatedPages} estimated), ${counted(totals.units, 'counted unit')}`,
  );
  terminal.line(
    `  one per started ${counted(rules.pagesPerUnit, 'page')}; ${counted(totals.duplicates, 'copy', 'copies')} and ${totals.notReadable} unread files count nothing`,
  );
  terminal.line(`  ${totals.superseded} superseded, ${counted(totals.ocrPages, 'page')} for OCR`);
  for (const { uri, reason } of unread) terminal.line(terminal.style.yellow(`  not counted  ${uri}: ${reason}`));
  terminal.line(`\nWritten: ${file}`);
  terminal.line(
    `Next: ${waiting > 0 ? `${nextStep(context, input, 'ingest')}, then this command again` : nextStep(context, input, 'ingest --report')}`,
  );
  return unread.length === 0 ? 0 : 3;
}

/** Of what is written for people: as asked, else the project's first language when that is Chinese, else English. */
export function languageOption(input: CommandInput, project: Project): 'zh' | 'en' {
  const asked = stringOption(input, 'language') ?? (project.config.language[0] === 'zh' ? 'zh' : 'en');
  if (asked === 'zh' || asked === 'en') return asked;
  throw new FieldkitError('INVALID_OPTION', `--language must be zh or en, not ${JSON.stringify(asked)}`);
}
