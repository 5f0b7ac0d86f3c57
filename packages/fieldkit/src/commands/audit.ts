import { counted, FieldkitError } from '@fieldkit/core';
import { findProject } from '@fieldkit/project';
import { auditPath, readAuditLog, verifyAuditLog } from '@fieldkit/server';
import { type Command, flag, nextStep, PROJECT_OPTIONS, stringOption } from '../command.ts';

export const command: Command = {
  usage: 'audit verify [--head HASH] | audit list [--limit N] [--project DIR] [--json]',
  description:
    "Checks the server's audit log: every record must follow from the one before. A chain cannot show that its end was cut off: note the head that is\nprinted, and give it with --head the next time. Exit code 1 when the log was changed.",
  options: {
    ...PROJECT_OPTIONS,
    head: { type: 'string', value: 'HASH', summary: 'a head noted earlier, which must still be part of the chain' },
    limit: { type: 'string', value: 'N', summary: 'records listed, newest first (default 20)' },
  },
  examples: ['fieldkit audit verify', 'fieldkit audit list --limit 50 --json'],
  positionals: { min: 1, max: 1 },
  async run(input, context) {
    const { terminal, cwd } = context;
    const path = auditPath(findProject(cwd, stringOption(input, 'project')));
    const [action] = input.positionals;
    if (action === 'list') {
      const limit = Number(stringOption(input, 'limit') ?? 20);
      if (!Number.isInteger(limit) || limit < 1)
        throw new FieldkitError('INVALID_OPTION', '--limit must be a whole number from 1');
      const records = readAuditLog(path, limit);
      if (flag(input, 'json')) terminal.json(records);
      for (const { sequence, at, event } of records) {
        const { action: what, actor = 'server', target = '', outcome = '' } = event;
        terminal.line(
          `${String(sequence).padStart(7)}  ${at}  ${what.padEnd(14)} ${actor}  ${target} ${outcome}`.trimEnd(),
        );
      }
      terminal.line(
        records.length === 0 ? 'nothing is recorded yet' : `\nNext: ${nextStep(context, input, 'audit verify')}`,
      );
      return 0;
    }
    if (action !== 'verify') throw new FieldkitError('INVALID_OPTION', `say: fieldkit ${command.usage}`);
    const verdict = verifyAuditLog(path, stringOption(input, 'head'));
    if (flag(input, 'json')) terminal.json(verdict);
    if (!verdict.intact) {
      terminal.notice(
        terminal.style.red(
          `the audit log was changed: record ${verdict.brokenAt}: ${verdict.reason}; ${counted(verdict.records, 'record')} before it, intact`,
        ),
      );
      return 1;
    }
    terminal.line(`${counted(verdict.records, 'record')}, each follows from the one before. Head: ${verdict.head}`);
    if (verdict.headFound === false) {
      terminal.notice(
        terminal.style.red('the given head is not part of the chain: its end was cut off, or it was rewritten'),
      );
      return 1;
    }
    terminal.line(`Next: ${nextStep(context, input, 'audit list')}`);
    return 0;
  },
};
