import { type Answer, answerSchema, FieldkitError, type Run } from '@fieldkit/core';
import { z } from 'zod';
import type { Case } from './case.ts';
import { parseCase } from './parse-case.ts';

/** What a person says of a run when calling it wrong (or worth keeping). */
export interface RunCorrection {
  readonly references?: readonly string[];
  readonly expect?: Case['expect'];
  /** Whether the run's own citations are the right evidence. Default false. */
  readonly citationsAreRight?: boolean;
  readonly kind?: string;
  readonly forbidden?: readonly string[];
  readonly tags?: readonly string[];
}

const inputSchema = z.object({
  question: z.string().min(1),
  history: z.array(z.union([z.string(), z.object({ question: z.string() })])).default([]),
});

/**
 * A run as a case: its question, its earlier questions and who asked; the evidence from its citations when they are right. The answer itself
 * never becomes the reference: a person writes that.
 *
 * @throws {FieldkitError} `RUN_NOT_FOUND` when the run holds no question; `DATASET_INVALID` when nothing says what is right.
 */
export function caseFromRun(run: Run, correction: RunCorrection = {}): Case {
  const input = inputSchema.safeParse(run.input);
  if (!input.success)
    throw new FieldkitError('RUN_NOT_FOUND', `run ${run.id} holds no question; choose a run of an answer`, {
      cause: input.error,
    });
  const {
    references = [],
    expect = 'answered',
    citationsAreRight = false,
    kind,
    forbidden = [],
    tags = [],
  } = correction;
  const parsed = answerSchema.safeParse(run.output);
  const gold = citationsAreRight && parsed.success ? placesCited(parsed.data) : [];
  if (expect === 'answered' && references.length === 0 && gold.length === 0) {
    throw new FieldkitError(
      'DATASET_INVALID',
      `run ${run.id}: say what is right: a reference answer (--reference), or that its citations are right (--right)`,
    );
  }
  const { tenant, subject, groups } = run.caller;
  return parseCase(
    {
      id: run.id,
      question: input.data.question,
      history: input.data.history.map((turn) => (typeof turn === 'string' ? turn : turn.question)),
      references,
      expect,
      gold,
      forbidden,
      tags: ['from-run', ...tags],
      caller: { tenant, subject, groups: [...groups] },
      ...(kind === undefined ? {} : { kind }),
    },
    `run ${run.id}`,
  );
}

function placesCited({ citations }: Answer) {
  return citations.flatMap(({ quote, source }) => {
    if (source.kind !== 'passage') return [];
    const page = source.places[0]?.page;
    return [
      {
        document: source.uri,
        quote,
        ...(page === undefined ? {} : { page }),
        ...(source.headings.length === 0 ? {} : { headings: source.headings }),
      },
    ];
  });
}
