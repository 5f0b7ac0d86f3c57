/** A declaration file as statements: what each declares, and which names it imports from where. */
interface DeclarationFile {
  /** Text of the declarations of a name. */
  readonly declared: ReadonlyMap<string, string>;
  /** Local name to where it comes from. */
  readonly imported: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  /** Exported name to its local one, or to where it is re-exported from. */
  readonly exported: ReadonlyMap<string, { readonly from?: string; readonly name: string }>;
}

export interface ExportedVendor {
  readonly file: string;
  readonly name: string;
  readonly vendor: string;
}

/**
 * Vendor libraries that occur in the types which a module exports: each exported declaration is read, and those of ours that it names, in
 * whatever file they stand. What a file uses without exporting it does not count.
 */
export function exportedVendors(
  entry: string,
  read: (file: string) => string | undefined,
  resolve: (from: string, specifier: string) => string,
  vendorOf: (specifier: string) => string | undefined,
): ExportedVendor[] {
  const files = new Map<string, DeclarationFile | undefined>();
  const parse = (file: string) => {
    if (!files.has(file)) {
      const text = read(file);
      files.set(file, text === undefined ? undefined : parseDeclarations(text));
    }
    return files.get(file);
  };
  const seen = new Set<string>();
  const found: ExportedVendor[] = [];
  const visit = (file: string, name: string, owner: string) => {
    if (seen.has(`${file} ${name}`)) return;
    seen.add(`${file} ${name}`);
    const parsed = parse(file);
    if (parsed === undefined) return;
    const follow = (specifier: string, target: string) => {
      const vendor = vendorOf(specifier);
      if (vendor !== undefined) found.push({ file, name: owner, vendor });
      else if (specifier.startsWith('.')) visitExport(resolve(file, specifier), target, owner);
    };
    const body = parsed.declared.get(name);
    if (body === undefined) {
      const source = parsed.imported.get(name);
      if (source !== undefined) follow(source.from, source.name);
      return;
    }
    for (const [, specifier = ''] of body.matchAll(/import\(["']([^"']+)["']\)/g)) {
      const vendor = vendorOf(specifier);
      if (vendor !== undefined) found.push({ file, name: owner, vendor });
    }
    for (const [word] of body.matchAll(/[A-Za-z_$][\w$]*/g)) {
      const source = parsed.imported.get(word);
      if (source !== undefined) follow(source.from, source.name);
      else if (word !== name && parsed.declared.has(word)) visit(file, word, owner);
    }
  };
  const visitExport = (file: string, name: string, owner: string) => {
    const target = parse(file)?.exported.get(name);
    if (target === undefined) visit(file, name, owner);
    else if (target.from === undefined) visit(file, target.name, owner);
    else if (vendorOf(target.from) !== undefined)
      found.push({ file, name: owner, vendor: vendorOf(target.from) ?? '' });
    else visitExport(resolve(file, target.from), target.name, owner);
  };
  for (const name of parse(entry)?.exported.keys() ?? []) visitExport(entry, name, name);
  return found;
}

const DECLARATION =
  /^(?:export\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:interface|type|function|class|const|let|var|enum|namespace)\s+([A-Za-z_$][\w$]*)/;

function parseDeclarations(text: string): DeclarationFile {
  const declared = new Map<string, string>();
  const imported = new Map<string, { from: string; name: string }>();
  const exported = new Map<string, { from?: string; name: string }>();
  for (const statement of statementsOf(text)) {
    const from = /\sfrom\s*["']([^"']+)["']/.exec(statement)?.[1];
    const names = /\{([\s\S]*)\}/.exec(statement)?.[1] ?? '';
    if (/^import\b/.test(statement) && from !== undefined) {
      for (const { name, alias } of namesIn(names)) imported.set(alias, { from, name });
      const whole = /^import\s+(?:type\s+)?(?:\*\s+as\s+)?([A-Za-z_$][\w$]*)/.exec(statement)?.[1];
      if (whole !== undefined && whole !== 'type') imported.set(whole, { from, name: 'default' });
    } else if (/^export\s+(?:type\s+)?\{/.test(statement)) {
      for (const { name, alias } of namesIn(names)) exported.set(alias, from === undefined ? { name } : { from, name });
    } else {
      const name = DECLARATION.exec(statement)?.[1];
      if (name === undefined) continue;
      declared.set(name, `${declared.get(name) ?? ''}\n${statement}`);
      if (statement.startsWith('export')) exported.set(name, { name });
    }
  }
  return { declared, imported, exported };
}

function namesIn(list: string): { name: string; alias: string }[] {
  return list
    .split(',')
    .map((part) => /^(?:type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?$/.exec(part.trim()))
    .flatMap((match) => (match === null ? [] : [{ name: match[1] ?? '', alias: match[2] ?? match[1] ?? '' }]));
}

/** Top-level statements: cut where a line begins at depth 0 with a new one. */
function statementsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return code
    .split(/\n(?=(?:import|export|declare|interface|type|const|function|class|enum)\b)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
