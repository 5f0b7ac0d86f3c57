import { readFileSync } from 'node:fs';

/** Resident memory of another process in bytes; undefined where the system does not show it (then the child watches itself). */
export function residentBytes(pid: number): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
    return Number.isFinite(pages) ? pages * 4096 : undefined;
  } catch {
    return undefined;
  }
}
