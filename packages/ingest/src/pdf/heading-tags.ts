import type { PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { PageContent } from './page-content.ts';

/** Part of a page's visible characters that its tags have to cover before they are believed. */
const COVERS = 0.9;

/**
 * Heading levels that a tagged PDF gives to its marked contents, by their id on the page. Empty when the page is not tagged, or when
 * its tags leave a part of the text out: they were made for another version of the page then.
 */
export async function headingTags(page: PDFPageProxy, content: PageContent): Promise<ReadonlyMap<number, number>> {
  const levels = new Map<number, number>();
  const tagged = new Set<number>();
  const tree: unknown = await page.getStructTree().catch(() => null);
  const visit = (node: unknown, level: number | undefined, sections: number, depth: number) => {
    if (!isNode(node) || depth > 100) return;
    const id =
      node.type === 'content' && typeof node.id === 'string' ? Number(/_mc(\d+)$/.exec(node.id)?.[1]) : Number.NaN;
    if (Number.isInteger(id)) {
      tagged.add(id);
      if (level !== undefined) levels.set(id, level);
    }
    const role = typeof node.role === 'string' ? node.role : '';
    const within = role === 'Sect' ? sections + 1 : sections;
    const inner = headingLevel(role, within) ?? level;
    for (const child of Array.isArray(node.children) ? node.children : []) visit(child, inner, within, depth + 1);
  };
  visit(tree, undefined, 0, 0);
  if (levels.size === 0) return levels;
  const visible = content.glyphs.filter(
    ({ hidden, artifact, text }) => hidden === undefined && !artifact && text.trim() !== '',
  );
  const covered = visible.filter(({ mcid }) => mcid !== undefined && tagged.has(mcid)).length;
  return covered >= visible.length * COVERS ? levels : new Map();
}

/** `H1` to `H6` say their level, `Title` is above them; a plain `H` has the level of its section. */
function headingLevel(role: string, sections: number): number | undefined {
  if (/^H[1-6]$/.test(role)) return Number(role[1]);
  if (role === 'Title') return 1;
  return role === 'H' ? Math.min(6, Math.max(1, sections)) : undefined;
}

function isNode(value: unknown): value is { type?: unknown; id?: unknown; role?: unknown; children?: unknown } {
  return typeof value === 'object' && value !== null;
}
