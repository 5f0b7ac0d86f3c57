import { z } from 'zod';

/** The kinds that the toolkit's own question sets use. A customer's set may have others; scores are sliced by whatever is there. */
export const caseKinds = [
  'fact',
  'table',
  'two-documents',
  'comparison',
  'date-version',
  'calculation',
  'follow-up',
  'record',
  'mixed',
  'wrong-premise',
  'not-answerable',
  'out-of-scope',
  'planted-instruction',
  'other-group',
] as const;

const placeShape = {
  /** Project-relative path of the document, as in `Document.uri`. */
  document: z.string().min(1),
  /** 1-based; only for documents with pages. */
  page: z.number().int().min(1).optional(),
  /** Heading texts, outermost first, without automatic numbers. */
  headings: z.array(z.string().min(1)).optional(),
  /** Exact words of the document that answer the question. */
  quote: z.string().min(1).optional(),
};

/** A place in a document that answers the question. */
export const goldPlaceSchema = z.strictObject({
  ...placeShape,
  /** Other places that state the same fact: any of them will do. */
  alternatives: z.array(z.strictObject(placeShape)).optional(),
});
export type GoldPlace = Readonly<z.infer<typeof goldPlaceSchema>>;

export const expectedToolCallSchema = z.strictObject({
  name: z.string().min(1),
  /** Argument to its value, or `{ "anyOf": [...] }` where several values are right. */
  arguments: z.record(z.string(), z.unknown()).default({}),
});
export type ExpectedToolCall = Readonly<z.infer<typeof expectedToolCallSchema>>;

/** One question with what a right answer looks like: a line of `evals/questions.jsonl`. Unknown keys are errors. */
export const caseSchema = z.strictObject({
  /** Unique in the set. */
  id: z.string().min(1),
  question: z.string().min(1),
  /** Right answers, any of which will do. */
  references: z.array(z.string().min(1)).default([]),
  /** Places of the evidence, each of them needed. */
  gold: z.array(goldPlaceSchema).default([]),
  /** Lower-case words with hyphens, of `caseKinds` or the customer's own. */
  kind: z
    .string()
    .regex(
      /^[\p{Ll}\p{Lo}\d]+(?:-[\p{Ll}\p{Lo}\d]+)*$/u,
      'use lower-case words with hyphens, such as "fact" or "two-documents"',
    )
    .default('fact'),
  /** BCP 47 primary language of the question. Default: detected from the question. */
  language: z.string().min(2).optional(),
  /** Whether the question avoids the document's words. */
  paraphrased: z.boolean().default(false),
  /** `dev` may be looked at while building; `unseen` may not. Other names are the customer's. */
  split: z.string().min(1).default('dev'),
  expect: z.enum(['answered', 'insufficient', 'refused']).default('answered'),
  tags: z.array(z.string()).default([]),
  /** Strings that must not appear in the answer. */
  forbidden: z.array(z.string().min(1)).default([]),
  /** Earlier user questions, asked first in the same session. */
  history: z.array(z.string().min(1)).default([]),
  /** Tool calls that a right answer needs. */
  tools: z.array(expectedToolCallSchema).default([]),
  /** Who asks. Default: the project's default caller, in no group. */
  caller: z
    .strictObject({
      tenant: z.string().min(1).optional(),
      subject: z.string().min(1).optional(),
      groups: z.array(z.string()).default([]),
    })
    .optional(),
  /** Text that the target is given with the question, for targets that do not retrieve. */
  contexts: z.array(z.string()).optional(),
  /** Values for a prompt's placeholders besides `question`. */
  variables: z.record(z.string(), z.unknown()).optional(),
  /** Items with the same cluster are not independent (a shared document, a shared dialogue). Default: the first gold document. */
  cluster: z.string().min(1).optional(),
});
export type Case = Readonly<z.infer<typeof caseSchema>>;

/** The cluster that standard errors group a case by; its own id when nothing is shared. */
export function clusterOf(item: Case): string {
  return item.cluster ?? item.gold[0]?.document ?? item.id;
}
