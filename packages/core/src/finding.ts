import { z } from 'zod';

/** Problems, advice, lint and attribution all speak in findings. */
export const findingSchema = z.object({
  severity: z.enum(['error', 'warning', 'info']),
  /** Stable, `kebab-case`, for machines: `needs-ocr`, `hidden-text`. */
  code: z.string(),
  /** One sentence for people. */
  message: z.string(),
  /** File, page, step or configuration path that it is about. */
  where: z.string().optional(),
  /** What to do about it, as an imperative. */
  suggestion: z.string().optional(),
});
export type Finding = z.infer<typeof findingSchema>;
