import { analyzeText } from '@fieldkit/core';

/** Terms on either side of a place that are compared, in parts of the largest chunk. */
const WINDOW = 0.6;

/**
 * How much the text behind each unit's beginning speaks of the same as the text before it, from -2 to 2: the cosine between the weighted
 * terms of both sides and how deep it lies below its neighbours (Hearst, TextTiling, 1997) in equal parts, as standard deviations from
 * the document's own mean.
 */
export function cohesionOf(
  units: readonly { readonly text: string; readonly tokens: number }[],
  maxTokens: number,
): number[] {
  const terms = units.map(({ text }) => analyzeText(text));
  const frequency = new Map<string, number>();
  for (const own of terms) for (const term of new Set(own)) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  const weight = new Map([...frequency].map(([term, count]) => [term, Math.log(1 + units.length / count)]));

  /** Weighted terms of units from `from` on in one direction, until the window is full. */
  const side = (from: number, step: 1 | -1): Map<string, number> => {
    const vector = new Map<string, number>();
    let tokens = 0;
    for (let at = from; at >= 0 && at < units.length && tokens < maxTokens * WINDOW; at += step) {
      tokens += units[at]?.tokens ?? 0;
      for (const term of terms[at] ?? []) vector.set(term, (vector.get(term) ?? 0) + (weight.get(term) ?? 0));
    }
    return vector;
  };
  const similar = units.map((_, index) => (index === 0 ? 0 : cosine(side(index - 1, -1), side(index, 1))));
  return standardised(similar.map((value, index) => value - depthAt(similar, index)));
}

/** How far a value lies below the peaks that its neighbours climb to on both sides. */
function depthAt(values: readonly number[], index: number): number {
  const value = values[index] ?? 0;
  const climb = (step: 1 | -1): number => {
    let peak = value;
    for (let at = index + step; at > 0 && at < values.length && (values[at] ?? 0) >= peak; at += step)
      peak = values[at] ?? peak;
    return peak - value;
  };
  return climb(-1) + climb(1);
}

function standardised(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length));
  return values.map((value) => (spread < 1e-9 ? 0 : Math.max(-2, Math.min(2, (value - mean) / spread))));
}

function cosine(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): number {
  let dot = 0;
  for (const [term, value] of left) dot += value * (right.get(term) ?? 0);
  const norm = (vector: ReadonlyMap<string, number>) =>
    Math.sqrt([...vector.values()].reduce((sum, value) => sum + value * value, 0));
  return dot === 0 ? 0 : dot / (norm(left) * norm(right));
}
