import { counted, FieldkitError } from '@fieldkit/core';
import { CALLER_OPTIONS, type Command, type ExitCode, flag, nextStep, PROJECT_OPTIONS } from '../command.ts';
import { ownerOf } from '../rerun.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'memory list | memory forget ID | memory forget all [--project DIR] [--json]',
  description:
    'Long-term memory (`memory: { longTerm: 4 }` in the configuration): what a user said about themselves is kept beyond the session and given to later\nquestions that it fits. Lists what is kept of one caller, oldest first; forgets a note or all of them, on disk too. `ID` may be the start of an id.',
  options: {
    ...PROJECT_OPTIONS,
    ...CALLER_OPTIONS,
    subject: { type: 'string', value: 'NAME', summary: 'whose notes (default: cli, the command line itself)' },
  },
  examples: ['fieldkit memory list', 'fieldkit memory forget 3f2a', 'fieldkit memory forget all --subject anna'],
  positionals: { min: 1, max: 2 },
  run: (input, context) =>
    withProject<ExitCode>(input, context, async (project) => {
      const { terminal } = context;
      const [action, id] = input.positionals;
      const owner = ownerOf(input, project);
      const memory = await project.longTermMemory();
      if (action === 'list' && id === undefined) {
        const notes = await memory.list(owner);
        if (flag(input, 'json')) terminal.json(notes);
        for (const note of notes) terminal.line(`${note.id.slice(0, 12)}  ${note.at.slice(0, 10)}  ${note.text}`);
        const off = project.plan().memory.longTerm === 0 ? '; memory.longTerm is 0, so nothing is kept or used' : '';
        terminal.line(
          notes.length === 0
            ? `nothing of ${owner.subject} is kept${off}`
            : `\n${counted(notes.length, 'note')} of ${owner.subject}${off}\nNext: ${nextStep(context, input, 'memory forget ID')}`,
        );
        return 0;
      }
      if (action === 'forget' && id !== undefined) {
        const found = id === 'all' ? undefined : (await memory.list(owner)).filter((note) => note.id.startsWith(id));
        if (found !== undefined && found.length !== 1)
          throw new FieldkitError(
            'INVALID_OPTION',
            `${found.length === 0 ? 'no note' : counted(found.length, 'note')} of ${owner.subject} begin${found.length === 0 ? 's' : ''} with "${id}"; see \`fieldkit memory list\``,
          );
        const forgotten = await memory.forget(
          owner,
          found?.map((note) => note.id),
        );
        if (flag(input, 'json')) terminal.json({ forgotten });
        terminal.line(`${forgotten} ${forgotten === 1 ? 'note' : 'notes'} of ${owner.subject} forgotten`);
        terminal.line(`Next: ${nextStep(context, input, 'memory list')}`);
        return 0;
      }
      throw new FieldkitError(
        'INVALID_OPTION',
        'say `fieldkit memory list`, `memory forget ID` or `memory forget all`',
      );
    }),
};
