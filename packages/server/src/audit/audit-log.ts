import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sha256, toFieldkitError } from '@fieldkit/core';
import { openDatabase, transaction } from '../store/open-database.ts';

/** One thing that somebody did, or was refused. Ids and counts only: never a question, an answer or a key. */
export interface AuditEvent {
  /** `answer`, `document-file`, `key-new`, `auth-refused`, …, lower-case with hyphens. */
  readonly action: string;
  /** The principal's id; absent for the server itself. */
  readonly actor?: string;
  readonly tenant?: string;
  /** What it was done to: a run, a document, a key. */
  readonly target?: string;
  readonly outcome?: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditRecord {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly at: string;
  readonly event: AuditEvent;
  /** Hash of the record before; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256 of sequence, time, event and `previous`. */
  readonly hash: string;
}

/** Append-only: records can be added and read, nothing else. Several processes may write. */
export interface AuditLog {
  append(event: AuditEvent): AuditRecord;
  close(): void;
}

/** `intact` says whether every record follows from the one before; else `brokenAt` is the first that does not. */
export type AuditVerdict =
  | { readonly intact: true; readonly records: number; readonly head: string; readonly headFound?: boolean }
  | { readonly intact: false; readonly records: number; readonly brokenAt: number; readonly reason: string };

const START = '0'.repeat(64);
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS audit (sequence INTEGER PRIMARY KEY, at TEXT NOT NULL, event TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
  CREATE TRIGGER IF NOT EXISTS audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`;

/** Beside the project's configuration, outside what can be made again. */
export function auditPath(root: string): string {
  return join(root, 'audit', 'audit.db');
}

export function openAuditLog(path: string, now: () => Date = () => new Date()): AuditLog {
  const database = openDatabase(path, SCHEMA);
  const last = database.prepare('SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1');
  const insert = database.prepare('INSERT INTO audit (sequence, at, event, previous, hash) VALUES (?, ?, ?, ?, ?)');
  return {
    append: (event) =>
      transaction(database, () => {
        const before = last.get();
        const sequence = Number(before?.sequence ?? 0) + 1;
        const previous = String(before?.hash ?? START);
        const at = now().toISOString();
        const text = JSON.stringify(event);
        const hash = hashOf(sequence, at, text, previous);
        insert.run(sequence, at, text, previous, hash);
        return { sequence, at, event, previous, hash };
      }),
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

/**
 * Recomputes the whole chain. A chain cannot show that its end was cut off: give `head`, a hash noted earlier, to check that it still is part of it.
 *
 * @throws {FieldkitError} `FILE_NOT_FOUND` when there is no log, `STORE_DAMAGED` when it is none.
 */
export function verifyAuditLog(path: string, head?: string): AuditVerdict {
  if (!existsSync(path)) throw toFieldkitError(Object.assign(new Error(path), { code: 'ENOENT', path }));
  const database = openForReading(path);
  try {
    let previous = START;
    let records = 0;
    let headFound = false;
    for (const row of database
      .prepare('SELECT sequence, at, event, previous, hash FROM audit ORDER BY sequence')
      .iterate()) {
      const sequence = Number(row.sequence);
      const broken = (reason: string): AuditVerdict => ({ intact: false, records, brokenAt: sequence, reason });
      if (sequence !== records + 1) return broken(`record ${records + 1} is missing`);
      if (row.previous !== previous) return broken('it does not follow from the record before');
      const hash = hashOf(sequence, String(row.at), String(row.event), previous);
      if (row.hash !== hash) return broken('its content was changed');
      previous = hash;
      records = sequence;
      headFound ||= hash === head;
    }
    return { intact: true, records, head: previous, ...(head === undefined ? {} : { headFound }) };
  } catch (error) {
    throw toFieldkitError(error, 'STORE_DAMAGED', `cannot read ${path}`);
  } finally {
    database.close();
  }
}

/** The last records, newest first. */
export function readAuditLog(path: string, limit: number): AuditRecord[] {
  if (!existsSync(path)) return [];
  const database = openForReading(path);
  try {
    return database
      .prepare('SELECT sequence, at, event, previous, hash FROM audit ORDER BY sequence DESC LIMIT ?')
      .all(limit)
      .map((row) => ({
        sequence: Number(row.sequence),
        at: String(row.at),
        event: JSON.parse(String(row.event)) as AuditEvent, // written by `append` only
        previous: String(row.previous),
        hash: String(row.hash),
      }));
  } finally {
    database.close();
  }
}

function openForReading(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true });
  } catch (error) {
    throw toFieldkitError(error, 'STORE_DAMAGED', `cannot read ${path}`);
  }
}

function hashOf(sequence: number, at: string, event: string, previous: string): string {
  return sha256(JSON.stringify([sequence, at, event, previous]));
}
