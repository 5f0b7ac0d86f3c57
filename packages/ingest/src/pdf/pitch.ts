import { overlap } from './geometry.ts';
import type { Line } from './lines.ts';

/**
 * The usual distance of baselines for a font size: of lines of that size that stand below each other, the distance that is most
 * frequent. 1.2 times the size when the document has none.
 */
export function linePitch(pages: readonly (readonly Line[])[]): (size: number) => number {
  const counts = new Map<number, Map<number, number>>();
  for (const lines of pages) {
    lines.forEach((line, index) => {
      for (const below of lines.slice(index + 1, index + 5)) {
        const distance = below.baseline - line.baseline;
        if (distance < line.size * 0.8 || Math.abs(below.size - line.size) > 0.6) continue;
        if (overlap(line.box[0], line.box[2], below.box[0], below.box[2]) < line.size * 4) continue;
        if (distance < line.size * 2.2) {
          const key = Math.round(line.size * 2) / 2;
          const distances = counts.get(key) ?? new Map<number, number>();
          const bin = Math.round(distance * 2) / 2;
          distances.set(bin, (distances.get(bin) ?? 0) + Math.min(line.text.length, below.text.length));
          counts.set(key, distances);
        }
        break;
      }
    });
  }
  const usual = new Map<number, number>();
  for (const [size, distances] of counts) {
    // Of several frequent distances the smallest is that inside paragraphs.
    const most = Math.max(...distances.values());
    usual.set(
      size,
      Math.min(...[...distances].filter(([, count]) => count >= most * 0.5).map(([distance]) => distance)),
    );
  }
  return (size) => usual.get(Math.round(size * 2) / 2) ?? size * 1.2;
}
