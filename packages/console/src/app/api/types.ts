import type { Answer, Block, Chunk, Citation, Finding, Place, Usage } from '@fieldkit/core';
import type { Attribution, AttributionSummary, Case, Comparison, Score, TargetReport } from '@fieldkit/eval';

/** What the server's routes give; /openapi.json describes them. */

export interface Me {
  readonly id: string;
  readonly tenant: string;
  readonly subject: string;
  readonly groups: readonly string[];
  readonly role: 'user' | 'operator';
  readonly project: string;
  readonly languages: readonly string[];
  /** Answers are extractive: no language model is involved. */
  readonly standin: boolean;
  readonly model: string;
  readonly version: string;
}

export interface AnswerEnd {
  readonly status: Answer['status'];
  readonly language: string;
  readonly usage: Usage;
  readonly runId: string;
}

export interface ListedDocument {
  readonly id: string;
  readonly uri: string;
  readonly title: string;
  readonly groups: readonly string[];
  readonly pageCount: number | null;
  readonly failure: Finding | null;
  readonly findings: readonly Finding[];
}

export interface DocumentFacts {
  readonly id: string;
  readonly uri: string;
  readonly mediaType: string;
  /** SHA-256 of the file. */
  readonly contentHash: string;
  readonly title: string;
  readonly language: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly pageCount?: number;
  readonly groups: readonly string[];
  readonly findings: readonly Finding[];
  readonly length: number;
  readonly blocks: number;
  readonly places: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly outline: readonly { readonly level: number; readonly text: string; readonly start: number }[];
}

export interface PlacedBlock extends Block {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly places: readonly Place[];
}

export interface Passage extends Chunk {
  readonly score: number;
  readonly ranks: { readonly dense?: number; readonly lexical?: number; readonly rerank?: number };
}

export interface ListedRun {
  readonly id: string;
  readonly kind: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly question: string;
  readonly status: string;
  readonly steps: number;
}

export interface Feedback {
  readonly id: string;
  readonly runId: string;
  readonly verdict: 'up' | 'down';
  readonly comment: string;
  readonly expected?: string;
  readonly at: string;
  readonly caseId?: string;
  readonly question?: string | null;
  readonly answer?: string | null;
}

export interface QuestionSet {
  readonly name: string;
  readonly questions: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly splits: Readonly<Record<string, number>>;
  readonly error?: string;
}

export type EvaluationRun = Omit<TargetReport, 'identity' | 'attribution'>;

export interface EvaluationRuns {
  readonly headline: string;
  readonly runs: readonly EvaluationRun[];
  readonly dataset?: { readonly items: number; readonly hash: string };
  readonly detectable?: readonly { readonly discordance: number; readonly effect: number }[];
}

export interface EvaluationItem {
  readonly id: string;
  readonly kind: string;
  readonly split: string;
  readonly question: string;
  readonly references: readonly string[];
  readonly answer: string;
  readonly status: string;
  readonly runId: string;
  readonly round: number;
  readonly durationMs: number;
  readonly scores: Readonly<Record<string, Score>>;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly attribution: Attribution | null;
}

export interface ComparedRuns {
  readonly comparison: Comparison | null;
  readonly items: readonly { readonly id: string; readonly question: string; readonly a: number; readonly b: number }[];
}

export interface ProjectFacts {
  readonly name: string;
  readonly languages: readonly string[];
  readonly pipeline: {
    readonly nodes: readonly Readonly<{ kind: string; name?: string; [field: string]: unknown }>[];
    readonly edges: readonly { readonly from: string; readonly to: string; readonly when?: Record<string, unknown> }[];
  };
  readonly endpoint: {
    readonly baseUrl: string;
    readonly models: Readonly<Record<string, string>>;
    readonly standin: boolean;
  };
  readonly index: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface ToolFacts {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: unknown;
  readonly effects: string;
  readonly timeoutMs: number;
}

export interface Diagnosis {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly message: string;
    readonly finding?: Finding;
  }[];
  readonly contacts: readonly { readonly host: string; readonly sent: string }[];
}

export type { AttributionSummary, Case, Citation };
