import { probeChat } from './probes/probe-chat.ts';
import { probeEmbedding } from './probes/probe-embedding.ts';
import { probeRerank } from './probes/probe-rerank.ts';
import { createProbeSession, type ProbeOptions, type ProbeReport } from './probes/probe-session.ts';

/**
 * Asks configured models small things and compares what they do with what is believed of them: thinking, tools, JSON modes, streaming, limits
 * of an answer, embeddings, ranking. Stops before the cap on tokens or money.
 *
 * @throws {FieldkitError} `INVALID_OPTION` for a cap on money when a model has no price, `CANCELLED`.
 */
export async function probeEndpoint(options: ProbeOptions): Promise<ProbeReport> {
  const { models } = options;
  const session = createProbeSession(options);
  try {
    for (const model of new Set(models.chat)) await probeChat(session, model);
    if (models.embedding !== undefined) await probeEmbedding(session, models.embedding);
    if (models.rerank !== undefined) await probeRerank(session, models.rerank);
    return session.report();
  } finally {
    await session.close();
  }
}
