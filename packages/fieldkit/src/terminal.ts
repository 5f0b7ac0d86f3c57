import { cleanText } from '@fieldkit/core/clean-text';

/**
 * Where a command writes. Text for people goes to standard output, and to standard error when `--json` owns standard output. What it is given
 * may come from a document, a tool or a model: control characters, terminal sequences and invisible characters stay out, `style` is the only
 * way to a colour. A JSON value keeps them, as escapes.
 */
export interface Terminal {
  readonly interactive: boolean;
  /** Columns, 80 when unknown. */
  readonly width: number;
  /** A line for people; nothing in JSON mode unless `notice`. */
  line(text?: string): void;
  /** Text without a line break, for streaming. */
  write(text: string): void;
  /** One line that the next one is written over, in an interactive terminal only; '' takes it away. */
  overwrite(text: string): void;
  /** Progress and warnings; in JSON mode on standard error. */
  notice(text: string): void;
  /** What went wrong, on standard error. */
  error(text: string): void;
  /** The one JSON value of a command. */
  json(value: unknown): void;
  readonly style: {
    bold(text: string): string;
    dim(text: string): string;
    green(text: string): string;
    yellow(text: string): string;
    red(text: string): string;
  };
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface CreateTerminalOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly json: boolean;
  /** Default: a terminal without NO_COLOR. */
  readonly color?: boolean;
}

/** Open and close of each style, as SGR parameters. */
const STYLES = { bold: [1, 22], dim: [2, 22], green: [32, 39], yellow: [33, 39], red: [31, 39] } as const;
/** Noncharacters stand for styles until the text around them is clean. */
const FIRST_MARK = 0xfdd0;
const MARKS = /[\ufdd0-\ufdef]/g;

export function createTerminal({ stdout, stderr, json, color }: CreateTerminalOptions): Terminal {
  const interactive = stdout.isTTY === true && !json;
  const colored = color ?? stdout.isTTY === true;
  const codes = Object.values(STYLES).flat();
  const shown = (text: string) =>
    cleanText(text).replace(MARKS, (mark) => {
      const code = colored ? codes[mark.charCodeAt(0) - FIRST_MARK] : undefined;
      return code === undefined ? '' : `\u001b[${code}m`;
    });
  const paint = (name: keyof typeof STYLES) => {
    const mark = FIRST_MARK + 2 * Object.keys(STYLES).indexOf(name);
    return (text: string) => `${String.fromCharCode(mark)}${text}${String.fromCharCode(mark + 1)}`;
  };
  return {
    interactive,
    width: stdout.columns ?? 80,
    line(text = '') {
      if (!json) stdout.write(`${shown(text)}\n`);
    },
    write(text) {
      if (!json) stdout.write(shown(text));
    },
    overwrite(text) {
      if (interactive) stdout.write(`\r\u001b[K${shown(text)}`);
    },
    notice(text) {
      (json ? stderr : stdout).write(`${shown(text)}\n`);
    },
    error(text) {
      stderr.write(`${shown(text)}\n`);
    },
    json(value) {
      stdout.write(`${printableJson(value)}\n`);
    },
    style: {
      bold: paint('bold'),
      dim: paint('dim'),
      green: paint('green'),
      yellow: paint('yellow'),
      red: paint('red'),
    },
  };
}

/** The same value to a parser; what a terminal would obey or a reader not see is escaped. */
export function printableJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/gu,
    (character) => [...Array(character.length).keys()].map((at) => escaped(character.charCodeAt(at))).join(''),
  );
}

const escaped = (unit: number) => `\\u${unit.toString(16).padStart(4, '0')}`;
