/** Where a command writes. Text for people goes to standard output, and to standard error when `--json` owns standard output. */
export interface Terminal {
  readonly interactive: boolean;
  /** Columns, 80 when unknown. */
  readonly width: number;
  /** A line for people; nothing in JSON mode unless `notice`. */
  line(text?: string): void;
  /** Text without a line break, for streaming. */
  write(text: string): void;
  /** Progress and warnings; in JSON mode on standard error. */
  notice(text: string): void;
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

export function createTerminal({ stdout, stderr, json, color }: CreateTerminalOptions): Terminal {
  const colored = color ?? stdout.isTTY === true;
  const paint = (open: number, close: number) => (text: string) =>
    colored ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    interactive: stdout.isTTY === true && !json,
    width: stdout.columns ?? 80,
    line(text = '') {
      if (!json) stdout.write(`${text}\n`);
    },
    write(text) {
      if (!json) stdout.write(text);
    },
    notice(text) {
      (json ? stderr : stdout).write(`${text}\n`);
    },
    json(value) {
      stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    style: { bold: paint(1, 22), dim: paint(2, 22), green: paint(32, 39), yellow: paint(33, 39), red: paint(31, 39) },
  };
}
