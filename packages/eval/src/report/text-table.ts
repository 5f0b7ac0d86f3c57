const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u;

/** Columns that a text takes in a terminal: CJK characters take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

export interface TextTableOptions {
  /** Columns aligned right, by index. */
  readonly right?: readonly number[];
}

/** A plain table: header, rule, rows; two blanks between columns; no line ends with a blank. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [] }: TextTableOptions = {},
): string {
  const widths = header.map((name, column) =>
    Math.max(displayWidth(name), ...rows.map((row) => displayWidth(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? '';
        const pad = ' '.repeat(Math.max(0, width - displayWidth(cell)));
        return right.includes(column) ? pad + cell : cell + pad;
      })
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
