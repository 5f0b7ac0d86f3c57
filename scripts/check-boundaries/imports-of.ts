export interface Import {
  readonly specifier: string;
  /** 1-based. */
  readonly line: number;
}

const IMPORT =
  /(?:^|[\n;])\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|[\n;])\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** The module specifiers that a source file names, static and dynamic, types included; comments are not looked at. */
export function importsOf(source: string): Import[] {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1');
  return Array.from(code.matchAll(IMPORT), (match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? '';
    const at = match.index + match[0].indexOf(specifier);
    return { specifier, line: code.slice(0, at).split('\n').length };
  });
}
