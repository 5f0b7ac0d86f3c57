/**
 * A piece of a test page. `y` counts from the top, in points of an A4 page (595 x 842). `tag` is a path of the structure tree, `P` or
 * `Table#1/TR#2/TD#1`: pieces that follow each other with the same beginning stand in the same elements; without `#` each is its own. `turn` is in quarters clockwise: text with 1 runs from top to bottom.
 */
export type Piece =
  | { readonly text: string; readonly x: number; readonly y: number; readonly size?: number; readonly bold?: boolean; readonly colour?: string; readonly mode?: number; readonly tag?: string; readonly turn?: 1 | 2 | 3 }
  | { readonly line: readonly [number, number, number, number] }
  | { readonly dot: readonly [x: number, y: number, radius: number] }
  | { readonly picture: readonly [number, number, number, number] };

const HEIGHT = 842;

/** A small PDF with the standard fonts. */
export function makePdf(pages: readonly (readonly Piece[])[]): Uint8Array {
  const objects: string[] = [];
  const add = (body: string) => objects.push(body);
  const kids = pages.map((_, index) => `${6 + index * 2} 0 R`).join(' ');
  const tags = pages.map((page) => page.flatMap((piece) => ('tag' in piece && piece.tag !== undefined ? [piece.tag] : [])));
  const isTagged = tags.some((own) => own.length > 0);
  const root = 6 + pages.length * 2; // of the structure tree, behind the pages
  add(`<< /Type /Catalog /Pages 2 0 R${isTagged ? ` /MarkInfo << /Marked true >> /StructTreeRoot ${root} 0 R` : ''} >>`);
  add(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`);
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>');
  add('<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\n\x80\nendstream');
  for (const [index, page] of pages.entries()) {
    let id = 0;
    const content = page
      .map((piece) => {
        if (!('tag' in piece) || piece.tag === undefined) return draw(piece);
        id += 1;
        return `/${piece.tag} << /MCID ${id - 1} >> BDC ${draw(piece)} EMC`;
      })
      .join('\n');
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]${isTagged ? ` /StructParents ${index}` : ''} /Contents ${7 + index * 2} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> /XObject << /I 5 0 R >> >> >>`,
    );
    add(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  }
  if (isTagged) addStructure(objects, tags, root);
  let file = '%PDF-1.7\n';
  const offsets = objects.map((body, index) => {
    const at = file.length;
    file += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return at;
  });
  const start = file.length;
  const entries = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return new Uint8Array(Buffer.from(file, 'latin1'));
}

interface Element {
  readonly key: string;
  readonly role: string;
  readonly page: number;
  readonly children: (Element | number)[];
}

/** The root, the document, and one object for each element of the paths. */
function addStructure(objects: string[], tags: readonly (readonly string[])[], root: number): void {
  const top: Element = { key: '', role: 'Document', page: 0, children: [] };
  const parents: Element[][] = tags.map((own, page) =>
    own.map((path, id) => {
      let element = top;
      for (const step of path.split('/')) {
        const last = element.children.at(-1);
        const same = step.includes('#') && typeof last === 'object' && last.key === step && last.page === page;
        const next: Element = same ? last : { key: step, role: step.replace(/#.*/, ''), page, children: [] };
        if (!same) element.children.push(next);
        element = next;
      }
      element.children.push(id);
      return element;
    }),
  );
  const numbers = new Map<Element, number>();
  let next = root + 1;
  const number = (element: Element): void => {
    numbers.set(element, next++);
    for (const child of element.children) if (typeof child === 'object') number(child);
  };
  number(top);
  const nums = parents.map((own, page) => `${page} [${own.map((element) => `${numbers.get(element)} 0 R`).join(' ')}]`);
  objects.push(`<< /Type /StructTreeRoot /K ${root + 1} 0 R /ParentTree << /Nums [${nums.join(' ')}] >> >>`);
  const write = (element: Element, parent: number): void => {
    const kids = element.children.map((child) => (typeof child === 'number' ? child : `${numbers.get(child)} 0 R`));
    const own = numbers.get(element) ?? 0;
    objects.push(
      `<< /Type /StructElem /S /${element.role} /P ${parent} 0 R${element === top ? '' : ` /Pg ${6 + element.page * 2} 0 R`} /K [${kids.join(' ')}] >>`,
    );
    for (const child of element.children) if (typeof child === 'object') write(child, own);
  };
  write(top, root);
}

function draw(piece: Piece): string {
  if ('line' in piece) {
    const [x0, y0, x1, y1] = piece.line;
    return `${x0} ${HEIGHT - y0} m ${x1} ${HEIGHT - y1} l S`;
  }
  if ('dot' in piece) {
    const [x, y, radius] = piece.dot;
    const [middle, bend] = [HEIGHT - y, radius * 0.55];
    const curve = (...at: number[]) => `${at.map((value, index) => value + (index % 2 === 0 ? x : middle)).join(' ')} c`;
    return [
      `0 g ${x + radius} ${middle} m`,
      curve(radius, bend, bend, radius, 0, radius),
      curve(-bend, radius, -radius, bend, -radius, 0),
      curve(-radius, -bend, -bend, -radius, 0, -radius),
      curve(bend, -radius, radius, -bend, radius, 0),
      'f',
    ].join(' ');
  }
  if ('picture' in piece) {
    const [x0, y0, x1, y1] = piece.picture;
    return `q ${x1 - x0} 0 0 ${y1 - y0} ${x0} ${HEIGHT - y1} cm /I Do Q`;
  }
  const { text, x, y, size = 10, bold = false, colour = '0 0 0', mode = 0, turn = 0 } = piece;
  const [a, b] = ([[1, 0], [0, -1], [-1, 0], [0, 1]] as const)[turn];
  const escaped = text.replace(/[\\()]/g, '\\$&');
  return `BT ${mode} Tr ${colour} rg /${bold ? 'F2' : 'F1'} ${size} Tf ${a} ${b} ${-b} ${a} ${x} ${HEIGHT - y} Tm (${escaped}) Tj ET`;
}

/** Lines of text below each other, 12 points apart. */
export function paragraph(lines: readonly string[], x: number, y: number, size = 10): Piece[] {
  return lines.map((text, index) => ({ text, x, y: y + index * 12, size }));
}
