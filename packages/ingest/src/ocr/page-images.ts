import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, FieldkitError } from '@fieldkit/core';
import type { PageImage, RenderPagesOptions } from './render-pages.ts';

/** Parent to child. */
export interface PageImagesRequest extends RenderPagesOptions {
  readonly path: string;
}

/** Child to parent. */
export type PageImagesReply =
  | { readonly kind: 'image'; readonly image: PageImage }
  | { readonly kind: 'failed'; readonly page: number; readonly message: string }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'end' };

export interface PageImagesOptions extends RenderPagesOptions {
  /** Absolute path of the PDF. */
  readonly path: string;
  /** Milliseconds for all pages. Default 60,000. */
  readonly timeoutMs?: number;
  /** Resident memory of the drawing process in MB. Default 800. */
  readonly memoryMb?: number;
  readonly signal?: AbortSignal;
}

export interface PageImages {
  readonly images: readonly PageImage[];
  /** Pages that could not be drawn. */
  readonly failed: readonly { readonly page: number; readonly message: string }[];
}

/**
 * Draws pages of a PDF in a child process that is ended when it takes too long or too much memory; the pages that were ready by then are
 * kept, the others are `failed`.
 *
 * @throws {FieldkitError} `FILE_ENCRYPTED`, `FILE_DAMAGED`, `FILE_NOT_FOUND`, `CANCELLED`.
 */
export async function pageImages(options: PageImagesOptions): Promise<PageImages> {
  const { timeoutMs = 60_000, memoryMb = 800, signal, ...request } = options;
  if (request.pages.length === 0) return { images: [], failed: [] };
  if (signal?.aborted === true) throw new FieldkitError('CANCELLED', 'drawing pages was cancelled');
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const child = fork(
    fileURLToPath(new URL(`./page-images-process.${extension}`, import.meta.url)),
    [String(memoryMb)],
    {
      execArgv: [...(extension === 'ts' ? ['--conditions=@fieldkit/source'] : []), '--no-warnings'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Nothing of our environment is a document's business.
      ...(process.platform !== 'win32' && { env: {} }),
    },
  );
  const images: PageImage[] = [];
  const failed: { page: number; message: string }[] = [];
  let why = 'the drawing process ended early';
  const timer = setTimeout(() => stop(`drawing took longer than ${timeoutMs / 1000} s`), timeoutMs);
  const stop = (reason: string) => {
    why = reason;
    child.kill('SIGKILL');
  };
  const onAbort = () => stop('cancelled');
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new FieldkitError('PARSE_CRASHED', `cannot draw ${request.uri}`, { cause })),
      );
      child.once('exit', () => resolve());
      child.on('message', (reply: PageImagesReply) => {
        if (reply.kind === 'image') images.push(reply.image);
        else if (reply.kind === 'failed') failed.push({ page: reply.page, message: reply.message });
        else if (reply.kind === 'error') reject(new FieldkitError(reply.code, reply.message));
        else resolve();
      });
      const sent: PageImagesRequest = { ...request };
      child.send(sent, (error) => {
        if (error !== null)
          reject(new FieldkitError('PARSE_CRASHED', `the drawing process is gone (${request.uri})`, { cause: error }));
      });
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
  }
  if (isAborted(signal)) throw new FieldkitError('CANCELLED', 'drawing pages was cancelled');
  const done = new Set([...images, ...failed].map(({ page }) => page));
  failed.push(...request.pages.filter((page) => !done.has(page)).map((page) => ({ page, message: why })));
  return { images, failed };
}

/** Asked anew: TypeScript believes that what was false before an `await` still is. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
