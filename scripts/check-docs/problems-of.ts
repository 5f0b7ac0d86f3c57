export interface DocSurroundings {
  readonly commands: ReadonlySet<string>;
  /** Whether a path relative to the document exists. */
  readonly exists: (path: string) => boolean;
  /** Content of a file relative to the document or the root; undefined when there is none. */
  readonly read: (path: string) => string | undefined;
}

export interface DocProblem {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```/gm;
const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
const NAMED_FILE = /^(?:\/\/|#|<!--)\s+([\w./-]+\.(?:ts|mjs|json|yaml|md))\b/;
const COMMAND = /(?:^|[`\s])(?:pnpm )?fieldkit ([a-z]+)/gm;

/** What a document claims and the repository does not hold. */
export function problemsOf(text: string, { commands, exists, read }: DocSurroundings): DocProblem[] {
  const problems: DocProblem[] = [];
  const lineOf = (index: number) => text.slice(0, index).split('\n').length;
  for (const { index, 2: body = '' } of text.matchAll(FENCE)) {
    const path = NAMED_FILE.exec(body)?.[1];
    if (path === undefined) continue;
    const file = read(path);
    const code = fold(body.split('\n').slice(1).join('\n'));
    if (file === undefined) problems.push({ line: lineOf(index), message: `names ${path}, which does not exist` });
    else if (!fold(file).includes(code))
      problems.push({ line: lineOf(index), message: `shows code that is not part of ${path}` });
  }
  const prose = text.replace(FENCE, (block) => block.replace(/[^\n]/g, ' '));
  for (const { index, 1: target = '' } of prose.matchAll(LINK)) {
    if (/^[a-z]+:/.test(target) || target.startsWith('#')) continue;
    const path = target.split('#')[0] ?? target;
    if (!exists(decodeURI(path)))
      problems.push({ line: lineOf(index), message: `links to ${target}, which does not exist` });
  }
  for (const { index, 0: whole, 1: name = '' } of text.matchAll(COMMAND)) {
    const mention = /`|pnpm /.test(whole) || inFence(text, index);
    if (mention && !commands.has(name))
      problems.push({ line: lineOf(index), message: `mentions \`fieldkit ${name}\`, which is no command` });
  }
  return problems;
}

function fold(code: string): string {
  return code.replace(/\s+/g, ' ').trim();
}

function inFence(text: string, index: number): boolean {
  return (text.slice(0, index).match(/^```/gm)?.length ?? 0) % 2 === 1;
}
