import { FieldkitError } from '@fieldkit/core';
import {
  CALLER_OPTIONS,
  type Command,
  type ExitCode,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  stringOption,
} from '../command.ts';
import { callerOf, withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'search "WORDS" [--limit N] [--groups A,B] [--project DIR] [--json]',
  description:
    'Finds passages of the documents, best first, with the ranks that each way of searching gave them. No chat model is asked.',
  options: {
    ...PROJECT_OPTIONS,
    ...CALLER_OPTIONS,
    limit: { type: 'string', value: 'N', summary: 'passages shown, 1 to 50 (default 8)' },
  },
  examples: ['fieldkit search "warranty period of seals"', 'fieldkit search "保修期" --limit 3 --json'],
  positionals: { min: 1, max: 1 },
  run: (input, context) =>
    withProject<ExitCode>(input, context, async (project) => {
      const { terminal, signal } = context;
      const limit = Number(stringOption(input, 'limit') ?? 8);
      if (!Number.isInteger(limit) || limit < 1 || limit > 50)
        throw new FieldkitError('INVALID_OPTION', '--limit must be a whole number from 1 to 50');
      const passages = await project.search(input.positionals[0] ?? '', callerOf(input, project), { limit, signal });
      if (flag(input, 'json')) {
        terminal.json(passages);
        return 0;
      }
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
        terminal.line('nothing found; try other words, or look at what is indexed with: fieldkit status');
      else terminal.line(`Next: ${nextStep(context, input, 'ask "your question"')}`);
      return 0;
    }),
};

function shorten(text: string, length: number): string {
  const flat = text.replace(/\s+/g, ' ');
  return flat.length <= length ? flat : `${flat.slice(0, length)} …`;
}
