/** A number with its noun: `1 document`, `3 documents`, `1 copy`, `2 copies`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
