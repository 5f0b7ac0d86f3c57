import type { EvidenceItem } from '@fieldkit/core';
import { cleanText } from '@fieldkit/core/clean-text';
import { z } from 'zod';
import { addressedSpans, hideSpans, showHidden } from './addressed.ts';
import { oneLine } from './clean-text.ts';

/** What may come in and go out, besides what is cited. Part of the pipeline plan. */
export const guardsSchema = z.strictObject({
  /** Hosts that links and images in answers may point to: `acme.com`, or `*.acme.com` for all below. Default none. */
  allowedHosts: z.array(z.string()).default([]),
  /**
   * Sentences in evidence that are addressed to a model ("ignore previous instructions"): `remove` hides them from the model and from
   * quotes and reports them, `report` only reports. Default `remove`.
   */
  instructions: z.enum(['remove', 'report']).default('remove'),
  personalData: z
    .strictObject({
      /** What is replaced by placeholders in the run's record. Default `secrets`. */
      logs: z.enum(['off', 'secrets', 'all']).default('secrets'),
      /** Whether a model sees placeholders instead; tools and the answer get the data back. Default false. */
      model: z.boolean().default(false),
    })
    .prefault({}),
  /** Own rules; each match is a finding, `refuse` also refuses the question or drops the sentence. Default none. */
  policies: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        on: z.enum(['input', 'output']),
        /** A JavaScript regular expression, matched without regard to case. */
        pattern: z.string().refine(isPattern, 'not a regular expression'),
        action: z.enum(['report', 'refuse']).default('report'),
      }),
    )
    .default([]),
});
export type GuardsPlan = Readonly<z.infer<typeof guardsSchema>>;
export type Policy = GuardsPlan['policies'][number];

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, 'iu');
    return true;
  } catch {
    return false;
  }
}

/** Policies that a text breaks. */
export function brokenPolicies(policies: readonly Policy[], on: Policy['on'], text: string): Policy[] {
  return policies.filter((policy) => policy.on === on && new RegExp(policy.pattern, 'iu').test(text));
}

/** Evidence as a model sees it: clean, and hidden text shown as `[…]`. */
export function shownItem(item: EvidenceItem): EvidenceItem {
  const show = (text: string) => showHidden(cleanText(text));
  const { title, place, headings, context, text } = item;
  return {
    ...item,
    title: oneLine(show(title)),
    place: oneLine(show(place)),
    headings: headings.map((heading) => oneLine(show(heading))),
    context: show(context),
    text: show(text),
  };
}

/** What else is put before a model (an earlier answer, a tool's message or description): clean, and without sentences addressed to it. */
export function shownText(text: string, { instructions }: Pick<GuardsPlan, 'instructions'>): string {
  const clean = cleanText(text);
  return instructions === 'remove' ? showHidden(hideSpans(clean, addressedSpans(clean))) : clean;
}
