import type { PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PageContent, TagBlock, TagCell } from './page-content.ts';

/** Part of a page's visible characters that its tags have to cover before they are believed. */
const COVERS = 0.9;
/** Part of them that may stand in containers without an element of their own. */
const LOOSE = 0.3;

interface Node {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly role?: unknown;
  readonly children?: unknown;
}

/**
 * The blocks that a page's structure tree names. Empty when the page is not tagged, or when its tags leave a part of the text out or give
 * no structure to it: they were made for another version of the page then, or by a program that tags nothing but the fact.
 */
export async function pageTags(page: PDFPageProxy, content: PageContent): Promise<readonly TagBlock[]> {
  const tree: unknown = await page.getStructTree().catch(() => null);
  if (!isNode(tree)) return [];
  const blocks: TagBlock[] = [];
  visit(tree, blocks, { sections: 0, depth: 0 });
  const visible = content.glyphs.filter(
    ({ hidden, artifact, text }) => hidden === undefined && !artifact && text.trim() !== '',
  );
  const count = (wanted: (block: TagBlock) => boolean) => {
    const ids = new Set(blocks.filter(wanted).flatMap(idsOf));
    return visible.filter(({ mcid }) => mcid !== undefined && ids.has(mcid)).length;
  };
  const covered = count(() => true);
  const loose = count((block) => block.kind !== 'table' && block.loose === true);
  return covered >= visible.length * COVERS && loose <= visible.length * LOOSE ? blocks : [];
}

/** Ids of all marked contents of a block. */
export function idsOf(block: TagBlock): readonly number[] {
  return block.kind === 'table'
    ? block.rows.flatMap((row) => row.flatMap(({ ids }) => ids))
    : [...(block.label ?? []), ...block.ids];
}

const LEAVES: Readonly<Record<string, Exclude<TagBlock['kind'], 'table' | 'heading' | 'item'>>> = {
  P: 'paragraph',
  TOCI: 'paragraph',
  BibEntry: 'paragraph',
  Index: 'paragraph',
  Caption: 'caption',
  Note: 'footnote',
  FENote: 'footnote',
  Code: 'code',
  Figure: 'figure',
  Formula: 'paragraph',
};
const INLINE = /^(?:Span|Link|Quote|Reference|Em|Strong|Sub|Lbl|Annot|Ruby|RB|RT|RP|Warichu|WT|WP|Form)$/;

function visit(node: Node, blocks: TagBlock[], { sections, depth }: { sections: number; depth: number }): void {
  if (depth > 100) return;
  const role = roleOf(node);
  const inner = { sections: role === 'Sect' ? sections + 1 : sections, depth: depth + 1 };
  const level = headingLevel(role, inner.sections);
  if (level !== undefined) {
    blocks.push({ kind: 'heading', level, ids: contents(node) });
    return;
  }
  if (role === 'Table') {
    tableOf(node, blocks, inner);
    return;
  }
  if (role === 'LI') {
    itemOf(node, blocks, inner);
    return;
  }
  const leaf = LEAVES[role];
  // A paragraph may hold a list or a table; a caption may hold paragraphs.
  const blocksInside = childrenOf(node).filter((child) => holdsBlocks(child));
  if (leaf !== undefined) {
    const own = contents(node, blocksInside);
    if (own.length > 0) blocks.push({ kind: leaf, ids: own });
    if (leaf === 'caption' || leaf === 'footnote') {
      const ids = blocksInside.flatMap((child) => contents(child));
      if (ids.length > 0) blocks.push({ kind: leaf, ids });
    } else for (const child of blocksInside) visit(child, blocks, inner);
    return;
  }
  let loose: number[] = [];
  const flush = () => {
    if (loose.length > 0) blocks.push({ kind: 'paragraph', ids: loose, loose: true });
    loose = [];
  };
  for (const child of childrenOf(node)) {
    if (child.type === 'content' || (INLINE.test(roleOf(child)) && !holdsBlocks(child))) loose.push(...contents(child));
    else {
      flush();
      visit(child, blocks, inner);
    }
  }
  flush();
}

function itemOf(node: Node, blocks: TagBlock[], inner: { sections: number; depth: number }): void {
  const label: number[] = [];
  const ids: number[] = [];
  const below: Node[] = [];
  const gather = (child: Node, depth: number): void => {
    const role = roleOf(child);
    if (role === 'L' || role === 'Table') below.push(child);
    else if (role === 'Lbl' && ids.length === 0) label.push(...contents(child));
    else if (child.type === 'content') ids.push(...contents(child));
    else if (depth < 50) for (const next of childrenOf(child)) gather(next, depth + 1);
  };
  for (const child of childrenOf(node)) gather(child, 0);
  if (ids.length + label.length > 0) blocks.push({ kind: 'item', label, ids });
  for (const child of below) visit(child, blocks, inner);
}

function tableOf(node: Node, blocks: TagBlock[], inner: { sections: number; depth: number }): void {
  const rows: TagCell[][] = [];
  const gather = (child: Node, depth: number): void => {
    const role = roleOf(child);
    if (role === 'Caption') visit(child, blocks, inner);
    else if (role === 'TR') {
      rows.push(
        childrenOf(child)
          .filter((cell) => /^T[HD]$/.test(roleOf(cell)))
          .map((cell) => ({ ids: contents(cell), header: roleOf(cell) === 'TH' })),
      );
    } else if (depth < 10) for (const next of childrenOf(child)) gather(next, depth + 1);
  };
  for (const child of childrenOf(node)) gather(child, 0);
  const filled = rows.filter((row) => row.length > 0);
  const wide = Math.max(0, ...filled.map((row) => row.length));
  if (filled.length > 0 && wide > 1) blocks.push({ kind: 'table', rows: filled });
  // One column is a frame around text.
  else for (const row of filled) for (const { ids } of row) if (ids.length > 0) blocks.push({ kind: 'paragraph', ids });
  if (filled.length === 0) {
    const ids = contents(node);
    if (ids.length > 0) blocks.push({ kind: 'paragraph', ids, loose: true });
  }
}

/** Whether a node is, or holds, an element that is a block of its own. */
function holdsBlocks(node: Node, depth = 0): boolean {
  const role = roleOf(node);
  if (role === '') return false;
  if (role in LEAVES || /^(?:L|LI|Table|H\d?|Title)$/.test(role)) return true;
  return depth < 20 && childrenOf(node).some((child) => holdsBlocks(child, depth + 1));
}

/** Ids below a node in order, those below `without` left out. */
function contents(node: Node, without: readonly Node[] = [], depth = 0): number[] {
  if (without.includes(node) || depth > 100) return [];
  if (node.type === 'content') {
    const id = typeof node.id === 'string' ? /_mc(\d+)$/.exec(node.id)?.[1] : undefined;
    return id === undefined ? [] : [Number(id)];
  }
  return childrenOf(node).flatMap((child) => contents(child, without, depth + 1));
}

/** `H1` to `H6` say their level, `Title` is above them; a plain `H` has the level of its section. */
function headingLevel(role: string, sections: number): number | undefined {
  if (/^H[1-6]$/.test(role)) return Number(role[1]);
  if (role === 'Title') return 1;
  return role === 'H' ? Math.min(6, Math.max(1, sections)) : undefined;
}

function childrenOf(node: Node): Node[] {
  return Array.isArray(node.children) ? node.children.filter(isNode) : [];
}

function roleOf({ role }: Node): string {
  return typeof role === 'string' ? role : '';
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}
