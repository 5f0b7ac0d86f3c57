/**
 * The median of each pixel's surroundings, `window` by `window` pixels (odd, from 3): speckles of a scan go, edges stay. `grey` has one
 * byte per pixel, row by row. A sliding histogram (Huang, Yang and Tang, 1979): the cost grows with the window's side, not its area.
 */
export function medianFilter(grey: Uint8Array, width: number, height: number, window: number): Uint8Array {
  const reach = window >> 1;
  const result = new Uint8Array(grey.length);
  const histogram = new Uint16Array(256);
  const row = (y: number) => Math.min(height - 1, Math.max(0, y)) * width;
  const column = (x: number) => Math.min(width - 1, Math.max(0, x));
  const half = (window * window) >> 1;
  for (let y = 0; y < height; y += 1) {
    histogram.fill(0);
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) bump(histogram, grey[row(y + dy) + column(dx)] ?? 0, 1);
    }
    // `below` counts pixels darker than `middle`; both move with the window.
    let middle = 0;
    let below = 0;
    for (let x = 0; x < width; x += 1) {
      if (x > 0) {
        const [leaves, enters] = [column(x - reach - 1), column(x + reach)];
        for (let dy = -reach; dy <= reach; dy += 1) {
          const line = row(y + dy);
          const [old, fresh] = [grey[line + leaves] ?? 0, grey[line + enters] ?? 0];
          bump(histogram, old, -1);
          bump(histogram, fresh, 1);
          if (old < middle) below -= 1;
          if (fresh < middle) below += 1;
        }
      }
      while (below > half) {
        middle -= 1;
        below -= histogram[middle] ?? 0;
      }
      while (below + (histogram[middle] ?? 0) <= half) {
        below += histogram[middle] ?? 0;
        middle += 1;
      }
      result[y * width + x] = middle;
    }
  }
  return result;
}

function bump(histogram: Uint16Array, value: number, by: number): void {
  histogram[value] = (histogram[value] ?? 0) + by;
}
