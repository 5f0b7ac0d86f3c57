import type { Route } from './route.ts';
import type { Services } from './services.ts';

/** How long a look at the index counts, so that probes cost nothing. */
const FRESH_MS = 5_000;

export interface HealthRoutesOptions {
  /** Whether the server is letting go. */
  readonly stopping: () => boolean;
}

/** Whether the process lives, whether it can answer, and its figures. */
export function healthRoutes({ project, metrics, log }: Services, { stopping }: HealthRoutesOptions): Route[] {
  let looked: { readonly at: number; readonly searchable: boolean } | undefined;
  const searchable = async (): Promise<boolean> => {
    if (looked !== undefined && performance.now() - looked.at < FRESH_MS) return looked.searchable;
    const found = await project.indexStats().then(
      ({ chunks }) => chunks > 0,
      (error: unknown) => {
        log.error({ reason: String(error) }, 'the index cannot be read');
        return false;
      },
    );
    looked = { at: performance.now(), searchable: found };
    return found;
  };
  return [
    {
      method: 'GET',
      path: '/livez',
      access: 'open',
      tag: 'health',
      summary: 'Whether the process answers at all.',
      handle: () => Response.json({ live: true }),
    },
    {
      method: 'GET',
      path: '/readyz',
      access: 'open',
      tag: 'health',
      summary: 'Whether questions can be answered: the index is there and the server is not stopping.',
      async handle() {
        const checks = { serving: !stopping(), index: await searchable() };
        const ready = checks.serving && checks.index;
        return Response.json({ ready, checks }, { status: ready ? 200 : 503 });
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      access: 'operator',
      tag: 'health',
      summary: 'Figures in the text format of Prometheus.',
      media: 'text/plain',
      handle: () =>
        new Response(metrics.text(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } }),
    },
  ];
}
