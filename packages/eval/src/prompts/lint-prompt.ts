import type { Finding } from '@fieldkit/core';
import { type LintRule, lintRules } from './lint-rules.ts';
import type { PromptDraft } from './prompt-draft.ts';

export interface LintOptions {
  /** Default: all. */
  readonly rules?: readonly LintRule[];
  /** How findings name the prompt. */
  readonly where?: string;
}

/** What in a prompt works against a Qwen model, each with its source. */
export function lintPrompt(draft: PromptDraft, { rules = lintRules, where = 'prompt' }: LintOptions = {}): Finding[] {
  return rules.flatMap(({ code, severity, source, check }) => {
    const hit = check(draft);
    return hit === undefined
      ? []
      : [{ severity, code, message: `${hit.message} [${source}]`, where, suggestion: hit.suggestion }];
  });
}

export interface Rewrite {
  readonly original: PromptDraft;
  readonly draft: PromptDraft;
  /** Rules that changed it. */
  readonly changed: readonly Finding[];
  /** Findings that a person has to settle. */
  readonly left: readonly Finding[];
}

/** Applies every rule that can be applied safely; the original stays beside it. Whether it is better is for a paired test to say. */
export function rewriteForQwen(
  original: PromptDraft,
  { rules = lintRules, where = 'prompt' }: LintOptions = {},
): Rewrite {
  let draft = original;
  const changed: Finding[] = [];
  for (const rule of rules) {
    const hit = rule.check(draft);
    if (hit?.fix === undefined) continue;
    const before = draft;
    draft = hit.fix(draft);
    if (draft !== before) changed.push(...lintPrompt(before, { rules: [rule], where }));
  }
  return { original, draft, changed, left: lintPrompt(draft, { rules, where }) };
}
