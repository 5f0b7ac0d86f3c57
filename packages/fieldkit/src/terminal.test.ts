import { expect, it } from 'vitest';
import { createTerminal } from './terminal.ts';

function recorded(options: { readonly json?: boolean; readonly color?: boolean } = {}) {
  const written = { stdout: '', stderr: '' };
  const to = (name: keyof typeof written) => ({
    isTTY: true,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const terminal = createTerminal({ stdout: to('stdout'), stderr: to('stderr'), json: false, ...options });
  return { terminal, written };
}

/** What a document or a model may hold: colours, a link, the window's title, C1 controls, a carriage return, turned and hidden text. */
const HOSTILE =
  'a\u001b[8mb\u001b]8;;https://evil.example\u0007c\u001b]8;;\u0007d\u009b2Je\u0090x\u009cf\rg\u202eh\u200bi\u{e0041}j\u0008k';

it('shows text that holds terminal sequences without them, whichever way it is written', () => {
  const { terminal, written } = recorded();
  terminal.line(HOSTILE);
  terminal.write(HOSTILE);
  terminal.notice(terminal.style.red(HOSTILE));
  terminal.error(HOSTILE);
  const plain = 'abcdef\nghijk';
  expect(written.stdout).toBe(`${plain}\n${plain}\u001b[31m${plain}\u001b[39m\n`);
  expect(written.stderr).toBe(`${plain}\n`);
});

it('has colours in a terminal, none elsewhere, and none that a text brings along', () => {
  const { terminal, written } = recorded();
  terminal.line(`${terminal.style.bold('one')} ${terminal.style.green('two')}`);
  terminal.overwrite('50 %');
  expect(written.stdout).toBe('\u001b[1mone\u001b[22m \u001b[32mtwo\u001b[39m\n\r\u001b[K50 %');
  const plain = recorded({ color: false });
  plain.terminal.line(`${plain.terminal.style.bold('one')} \u001b[1mtwo`);
  expect(plain.written.stdout).toBe('one two\n');
});

it('prints JSON that keeps every character and shows none that a terminal obeys', () => {
  const { terminal, written } = recorded({ json: true });
  terminal.json({ text: HOSTILE });
  terminal.overwrite('50 %');
  expect(JSON.parse(written.stdout)).toEqual({ text: HOSTILE });
  expect(written.stdout).toMatch(/^[\n\u0020-\u007e]*$/);
});
