// Entry of a parser's child process: parses one file at a time, ends when its parent does.
import { readFile, stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { FieldkitError, toFieldkitError } from '@fieldkit/core';
import { readDocument } from '../read-document.ts';
import { KEPT_BETWEEN_FILES, type ParseReply, type ParseRequest } from './protocol.ts';

// pdf.js is told that fonts can be loaded, so that it does not compile every glyph's outline to a path that nobody draws.
if (!('FontFace' in globalThis)) {
  Object.assign(globalThis, {
    FontFace: class {
      readonly loaded = Promise.resolve();
    },
  });
}

// A parser that loops never returns to the event loop and would not notice that its parent is gone: a thread of its own does.
// It also is the second watch on memory, for systems where the parent cannot see it.
const WATCH = `
const { workerData } = require('node:worker_threads');
const { memoryLimit, parent } = workerData;
setInterval(() => {
  if (process.ppid !== parent || process.memoryUsage.rss() > memoryLimit) {
    require('node:fs').writeSync(2, 'memory-limit\\n');
    process.kill(process.pid, 'SIGKILL');
  }
}, 200);
`;
const limitBytes = Number(process.argv[2] ?? 0) * 1024 * 1024 || Number.POSITIVE_INFINITY;
new Worker(WATCH, {
  eval: true,
  workerData: { memoryLimit: limitBytes * 1.1, parent: process.ppid },
  execArgv: [],
}).unref();

/**
 * Resident memory after a file. V8 collects late while its limit is far and keeps the pages that it freed: hardly 40 of 400 MB are
 * in use. Where that is too much to go on with, everything is collected and the pages given back (0.2 s; a new process costs 1 s).
 */
function keptBytes(): number {
  const bytes = process.memoryUsage.rss();
  if (bytes < limitBytes * KEPT_BETWEEN_FILES) return bytes;
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  return process.memoryUsage.rss();
}

function reply(message: ParseReply): void {
  process.send?.(message);
}

async function parse(request: ParseRequest): Promise<void> {
  const { path, uri, tenant, groups, limits } = request;
  try {
    const { size } = await stat(path);
    if (size > limits.maxBytes) {
      throw new FieldkitError(
        'FILE_TOO_LARGE',
        `${uri} has ${size} bytes, the limit is ${limits.maxBytes}: split it or raise the limit`,
        {
          details: { bytes: size },
        },
      );
    }
    const document = await readDocument(await readFile(path), { uri, tenant, groups, limits });
    reply({ kind: 'document', document, keptBytes: keptBytes() });
  } catch (error) {
    const { code, message, details } = toFieldkitError(error, 'FILE_UNREADABLE', `cannot read ${uri}`);
    reply({ kind: 'error', code, message, details, keptBytes: keptBytes() });
  }
}

process.on('disconnect', () => process.exit(0));
process.on('message', (request: ParseRequest) => void parse(request));
// A rejection that a parser left behind belongs to the document that is being read; the reply says what came of that.
process.on('unhandledRejection', () => undefined);
reply({ kind: 'ready' });
