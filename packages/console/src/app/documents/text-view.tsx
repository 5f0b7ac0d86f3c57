import { placeCells } from '@fieldkit/core/table-cells';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { load } from '../api/client.ts';
import type { PlacedBlock } from '../api/types.ts';
import { useText } from '../text/use-text.ts';
import { Failure, Spinner } from '../ui/parts.tsx';

/** A stretch of the document's canonical text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

const PAGE = 500;

/** A document as its blocks, for what has no pages to draw: Word, text, HTML. The marked stretch is scrolled to. */
export function TextView({
  documentId,
  mark,
  kinds = false,
}: {
  documentId: string;
  mark?: TextRange | undefined;
  kinds?: boolean;
}) {
  const text = useText();
  const [blocks, setBlocks] = useState<readonly PlacedBlock[]>([]);
  const [total, setTotal] = useState<number>();
  const [problem, setProblem] = useState<unknown>();
  const holder = useRef<HTMLDivElement>(null);
  const shown = useRef(false);
  const complete = total !== undefined && blocks.length >= total;

  useEffect(() => {
    const stop = new AbortController();
    (async () => {
      const read: PlacedBlock[] = [];
      for (let all = 1; read.length < all; ) {
        const part = await load<{ total: number; blocks: PlacedBlock[] }>(
          `/api/documents/${documentId}/blocks?limit=${PAGE}&after=${read.length}`,
          { signal: stop.signal },
        );
        read.push(...part.blocks);
        all = part.blocks.length === 0 ? read.length : part.total;
        setBlocks([...read]);
        setTotal(part.total);
      }
    })().catch((error: unknown) => {
      if (!stop.signal.aborted) setProblem(error);
    });
    return () => stop.abort();
  }, [documentId]);

  useLayoutEffect(() => {
    const marked = shown.current ? null : (holder.current?.querySelector('mark') ?? null);
    if (marked === null) return;
    shown.current = true;
    const scroll = marked.closest('.viewer-scroll');
    scroll?.scrollTo({
      top: marked.getBoundingClientRect().top - scroll.getBoundingClientRect().top + scroll.scrollTop - 120,
    });
  }, [blocks]);

  return (
    <div class={kinds ? 'document-text with-kinds' : 'document-text'} ref={holder}>
      {blocks.map((block) => (
        <div
          key={block.index}
          class={`block ${block.kind}`}
          data-kind={kinds ? text.document.kinds[block.kind] : undefined}
        >
          <BlockContent block={block} mark={mark} />
        </div>
      ))}
      {!complete && problem === undefined && <Spinner />}
      {complete && total === 0 && <p class="muted">{text.document.noText}</p>}
      {problem !== undefined && <Failure error={problem} />}
    </div>
  );
}

function BlockContent({ block, mark }: { block: PlacedBlock; mark: TextRange | undefined }) {
  const { kind, start, text, table } = block;
  if (table !== undefined) return <TableBlock block={block} mark={mark} />;
  const content = marked(text, start, mark);
  if (kind === 'heading') {
    const Heading = `h${Math.min(6, (block.level ?? 1) + 1)}` as 'h2';
    return <Heading>{content}</Heading>;
  }
  if (kind === 'code') return <pre>{content}</pre>;
  return <p>{content}</p>;
}

/** A cell that spans rows stands in the text once per row: it is marked where any of them is. */
function TableBlock({ block: { start, table }, mark }: { block: PlacedBlock; mark: TextRange | undefined }) {
  const text = useText();
  if (table === undefined) return null;
  const placed = placeCells(table);
  const contentOf = (row: number, index: number): ComponentChildren => {
    const all = placed.filter((cell) => cell.row === row && cell.index === index);
    const cell =
      all.find(({ start: from, end }) => overlaps({ start: start + from, end: start + end }, mark)) ?? all[0];
    return cell === undefined ? '' : marked(cell.text, start + cell.start, mark);
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
    <section class="scroll" tabIndex={0} aria-label={text.document.kinds.table}>
      <table class="document-table">
        <tbody>
          {table.rows.map((cells, row) => {
            const Cell = row < table.headerRows ? 'th' : 'td';
            return (
              <tr key={row}>
                {cells.map(({ rowSpan, colSpan }, index) => (
                  <Cell
                    key={index}
                    {...(rowSpan === undefined ? {} : { rowSpan })}
                    {...(colSpan === undefined ? {} : { colSpan })}
                  >
                    {contentOf(row, index)}
                  </Cell>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function overlaps(a: TextRange, b: TextRange | undefined): boolean {
  return b !== undefined && a.start < b.end && a.end > b.start;
}

/** `text`, which stands at `at`, with the marked part of it marked. */
export function marked(text: string, at: number, mark: TextRange | undefined): ComponentChildren {
  if (mark === undefined || !overlaps({ start: at, end: at + text.length }, mark)) return text;
  const from = Math.max(0, mark.start - at);
  const to = Math.min(text.length, mark.end - at);
  return (
    <>
      {text.slice(0, from)}
      <mark>{text.slice(from, to)}</mark>
      {text.slice(to)}
    </>
  );
}
