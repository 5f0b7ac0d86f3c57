import { FieldkitError, type RetrievalFilter, type RetrievalStep } from '@fieldkit/core';
import {
  CALLER_OPTIONS,
  type Command,
  type ExitCode,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  RECORDING_OPTIONS,
  stringOption,
} from '../command.ts';
import { retrievalLine } from '../show-retrieval.ts';
import { callerOf, withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'search "WORDS" [--limit N] [--filter KEY=VALUE] [--explain] [--groups A,B] [--project DIR] [--json]',
  description:
    'Finds passages of the documents, best first, with the ranks that each way of searching gave them. No chat model is asked.',
  options: {
    ...PROJECT_OPTIONS,
    ...RECORDING_OPTIONS,
    ...CALLER_OPTIONS,
    limit: { type: 'string', value: 'N', summary: 'passages shown, 1 to 50 (default 8)' },
    filter: {
      type: 'string',
      multiple: true,
      value: 'KEY=VALUE',
      summary: 'only documents with this metadata; the same key again: any of the values',
    },
    explain: { type: 'boolean', summary: 'also show what each step of the search found and left out' },
  },
  examples: [
    'fieldkit search "warranty period of seals" --explain',
    'fieldkit search "保修期" --limit 3 --filter language=zh --json',
  ],
  positionals: { min: 1, max: 1 },
  run: (input, context) =>
    withProject<ExitCode>(input, context, async (project) => {
      const { terminal, signal } = context;
      const limit = Number(stringOption(input, 'limit') ?? 8);
      if (!Number.isInteger(limit) || limit < 1 || limit > 50)
        throw new FieldkitError('INVALID_OPTION', '--limit must be a whole number from 1 to 50');
      const steps: RetrievalStep[] = [];
      const explain = flag(input, 'explain');
      const filter = filterOf([input.options.filter ?? []].flat().map(String));
      const passages = await project.search(input.positionals[0] ?? '', callerOf(input, project), {
        limit,
        signal,
        ...(filter === undefined ? {} : { filter }),
        ...(explain ? { onStep: (step) => steps.push(step) } : {}),
      });
      if (flag(input, 'json')) {
        terminal.json(explain ? { passages, steps } : passages);
        return 0;
      }
      const titles = (items: RetrievalStep['kept']) => items.map(({ title }) => title);
      for (const step of steps) {
        const shown = { ...step, kept: titles(step.kept), dropped: titles(step.dropped) };
        terminal.line(terminal.style.dim(retrievalLine(shown)));
      }
      if (steps.length > 0) terminal.line();
      for (const [index, { score, ranks, metadata, headings, text }] of passages.entries()) {
        const lists = Object.entries(ranks).map(([name, rank]) => `${name} ${rank}`);
        const pages = metadata.pages === undefined ? '' : `, page ${metadata.pages}`;
        terminal.line(
          terminal.style.bold(
            `${index + 1}. ${metadata.title}${pages}${headings.length === 0 ? '' : ` › ${headings.join(' › ')}`}`,
          ),
        );
        terminal.line(terminal.style.dim(`   score ${score.toFixed(3)}, ${lists.join(', ')} · ${metadata.uri}`));
        terminal.line(`   ${shorten(text, 320)}\n`);
      }
      if (passages.length === 0)
        terminal.line(
          `nothing found; try other words, or look at what is indexed: ${nextStep(context, input, 'status')}`,
        );
      else terminal.line(`Next: ${nextStep(context, input, 'ask "your question"')}`);
      return 0;
    }),
};

/** What is typed has no type: a value is looked for as text, and as the number or truth value that it may be. */
function filterOf(given: readonly string[]): RetrievalFilter | undefined {
  const values = new Map<string, (string | number | boolean)[]>();
  for (const pair of given) {
    const [, key, value] = /^([^=]+)=(.+)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) {
      throw new FieldkitError('INVALID_OPTION', `--filter takes KEY=VALUE, such as language=zh, not "${pair}"`);
    }
    const number = Number(value);
    const typed = value === 'true' || value === 'false' ? [value === 'true'] : Number.isFinite(number) ? [number] : [];
    values.set(key, [...(values.get(key) ?? []), value, ...typed]);
  }
  return values.size === 0 ? undefined : Object.fromEntries(values);
}

function shorten(text: string, length: number): string {
  const flat = text.replace(/\s+/g, ' ');
  return flat.length <= length ? flat : `${flat.slice(0, length)} …`;
}
