// Entry of a child process that draws the pages of one PDF and ends.
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { toFieldkitError } from '@fieldkit/core';
import type { PageImagesReply, PageImagesRequest } from './page-images.ts';
import { renderPages } from './render-pages.ts';

// Drawing can keep the event loop for seconds: a thread of its own notices that the parent is gone or the memory used up.
const WATCH = `
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== workerData.parent || process.memoryUsage.rss() > workerData.limit) process.kill(process.pid, 'SIGKILL');
}, 200);
`;
const limit = Number(process.argv[2] ?? 0) * 1024 * 1024 || Number.POSITIVE_INFINITY;
new Worker(WATCH, { eval: true, workerData: { limit, parent: process.ppid }, execArgv: [] }).unref();

const send = (reply: PageImagesReply) =>
  new Promise<void>((resolve, reject) => {
    process.send?.(reply, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });

async function draw({ path, ...options }: PageImagesRequest): Promise<void> {
  try {
    for await (const image of renderPages(await readFile(path), options)) {
      if ('error' in image) await send({ kind: 'failed', page: image.page, message: image.error.message });
      else await send({ kind: 'image', image });
    }
    await send({ kind: 'end' });
  } catch (error) {
    const { code, message } = toFieldkitError(error, 'FILE_UNREADABLE', `cannot draw ${options.uri}`);
    await send({ kind: 'error', code, message });
  }
  process.disconnect();
}

process.on('disconnect', () => process.exit(0));
process.once('message', (request: PageImagesRequest) => void draw(request));
// A rejection that pdf.js left behind belongs to the page that is drawn; the reply says what came of it.
process.on('unhandledRejection', () => undefined);
