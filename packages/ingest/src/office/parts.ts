import { posix } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import type { ReaderOptions } from '../reader.ts';
import { parseXml, type XmlElement } from '../word/xml.ts';
import { readZip } from '../zip.ts';

export interface OfficeParts {
  readonly names: readonly string[];
  readonly bytes: ReadonlyMap<string, Buffer>;
  /** `undefined` when the file has no such part. Names of elements lose their prefix (`a:p` is `p`), except in `docProps`. */
  parse(name: string): XmlElement | undefined;
  /** As `parse`, but a damaged part counts as absent: it costs its own content only. */
  optional(name: string): XmlElement | undefined;
  /** Targets of a part's relations by id; links out of the file are left out. */
  relations(name: string): ReadonlyMap<string, string>;
}

/** The wanted parts of an Excel or PowerPoint file, inflated within the limits; pictures, macros and embedded files stay packed. */
export async function openOffice(
  bytes: Uint8Array,
  wanted: RegExp,
  { uri, limits }: ReaderOptions,
): Promise<OfficeParts> {
  const parts = await readZip(bytes, (name) => wanted.test(name), { uri, maxInflatedBytes: limits.maxInflatedBytes });
  const parse = (name: string): XmlElement | undefined => {
    const part = parts.get(name);
    if (part === undefined) return undefined;
    const root = parseXml(part, uri);
    if (!name.startsWith('docProps/')) dropPrefixes(root);
    return root;
  };
  const optional = (name: string): XmlElement | undefined => {
    try {
      return parse(name);
    } catch (error) {
      if (error instanceof FieldkitError && error.code === 'FILE_TOO_LARGE') throw error;
      return undefined;
    }
  };
  const relations = (name: string): ReadonlyMap<string, string> => {
    const folder = posix.dirname(name);
    const found = new Map<string, string>();
    const root = optional(`${folder}/_rels/${posix.basename(name)}.rels`);
    for (const child of root?.children ?? []) {
      if (typeof child === 'string' || child.name !== 'Relationship' || child.attributes.TargetMode === 'External')
        continue;
      const { Id: id, Target: target } = child.attributes;
      if (id === undefined || target === undefined) continue;
      found.set(id, target.startsWith('/') ? target.slice(1) : posix.normalize(posix.join(folder, target)));
    }
    return found;
  };
  return { names: [...parts.keys()], bytes: parts, parse, optional, relations };
}

/** Producers choose their own prefixes; no two elements of these formats differ by it alone. */
function dropPrefixes(element: XmlElement): void {
  element.name = localName(element.name);
  for (const child of element.children) if (typeof child !== 'string') dropPrefixes(child);
}

export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The value of an attribute whatever its prefix: `r:id` and `d3p1:id` are both `id` of a relation. */
export function relationId(element: XmlElement): string {
  const entry = Object.entries(element.attributes).find(([name]) => /^\w+:id$/i.test(name) && !name.startsWith('xml'));
  return entry?.[1] ?? '';
}

/** All descendants with this name, outermost first; not looked for inside what was found. */
export function descendants(element: XmlElement | undefined, name: string): XmlElement[] {
  const found: XmlElement[] = [];
  for (const child of element?.children ?? []) {
    if (typeof child === 'string') continue;
    if (child.name === name) found.push(child);
    else found.push(...descendants(child, name));
  }
  return found;
}
