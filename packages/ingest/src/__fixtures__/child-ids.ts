import { readdirSync, readFileSync } from 'node:fs';

/** This process's children on Linux. */
export function childIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]) === process.pid;
      } catch {
        return false; // it ended meanwhile
      }
    });
}
