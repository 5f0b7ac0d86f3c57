import type { CommandContext } from './command.ts';

/** Says how far something is: a line that is written over in a terminal; else one each two seconds, and none of what is done before. */
export function showNow(terminal: CommandContext['terminal']): (line: () => string) => void {
  let last = performance.now();
  return (line) => {
    if (performance.now() - last < (terminal.interactive ? 100 : 2000)) return;
    last = performance.now();
    if (terminal.interactive) terminal.overwrite(line());
    else terminal.notice(line());
  };
}
