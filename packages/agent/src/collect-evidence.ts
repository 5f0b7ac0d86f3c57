import {
  type Caller,
  type EvidenceItem,
  estimateTokens,
  type Finding,
  type Metadata,
  maySee,
  memoizeText,
  type Passage,
  passagesOutputSchema,
  recordLines,
  sentenceSpans,
  type TextSpan,
  type Tool,
  type ToolResult,
} from '@fieldkit/core';
import { addressedSpans, continuesOrder, hideSpans } from './addressed.ts';
import { tokensOf } from './passage-facts.ts';
import type { Evidence, EvidenceOrigin } from './state.ts';

/** Evidence of a run: numbered from 1 across all rounds, each passage and record once. */
export interface EvidenceCollection {
  all(): readonly Evidence[];
  /** Adds what a tool returned; the evidence it amounts to, known items included. */
  addResult(tool: Pick<Tool, 'name' | 'yields'>, callId: string, input: unknown, result: ToolResult): Evidence[];
}

/** Longest single piece, in estimated tokens; the rest is cut at a line end. */
const MAX_ITEM_TOKENS = 2_000;
/** Looked at of a piece's end and beginning, in UTF-16 code units. */
const LONGEST_END = 300;
/** Ends and beginnings remembered, in UTF-16 code units together. */
const ENDS_KEPT = 500_000;
/** Metadata that tells versions apart; shown to the model as context. */
const SAID = ['date', 'modified', 'version', 'effective', 'supersedes', 'status'];

export interface EvidenceCollectionOptions {
  readonly caller: Caller;
  /** Hide sentences that are addressed to a model. */
  readonly hideAddressed: boolean;
  readonly toolNames: readonly string[];
  readonly onFinding: (finding: Finding) => void;
}

export function createEvidenceCollection(
  earlier: readonly Evidence[],
  { caller, hideAddressed, toolNames, onFinding }: EvidenceCollectionOptions,
): EvidenceCollection {
  const onCut = (title: string, tokens: number) =>
    onFinding({
      severity: 'info',
      code: 'evidence-cut',
      message: `"${title}" is too long; about ${tokens} tokens of it were left out`,
    });
  const report = (title: string, sentences: number) =>
    onFinding({
      severity: 'warning',
      code: 'instruction-in-evidence',
      message: `"${title}": ${sentences} ${sentences === 1 ? 'sentence is' : 'sentences are'} addressed to a model${hideAddressed ? ' and left out' : ''}`,
      suggestion: 'look at the source: somebody may have planted instructions in it',
    });
  /** Hides what talks to the model; offsets of the rest hold. */
  const guard = (text: string, title: string): string => {
    const spans = addressedSpans(text, toolNames);
    if (spans.length === 0) return text;
    report(title, spans.length);
    return hideAddressed ? hideSpans(text, spans) : text;
  };
  const all = [...earlier];
  const known = new Map(all.map((evidence) => [keyOf(evidence), evidence]));
  /** An order may be spread over two pieces: the end of one and the beginning of the next. */
  let endBefore = openEnd(all.at(-1)?.item.text ?? '');
  const guardText = (text: string, title: string): string => {
    const first = firstSentence(text.slice(0, LONGEST_END));
    const goesOn =
      first !== null && endBefore !== '' && continuesOrder(endBefore, text.slice(first.start, first.end), toolNames);
    const before = endBefore;
    endBefore = openEnd(text);
    const guarded = guard(text, title);
    if (first === null || !goesOn) return guarded;
    report(title, 1);
    if (!hideAddressed) return guarded;
    // Read as one, the order may go on beyond the first sentence.
    const spans = ['', ' '].flatMap((gap) => {
      const lead = before.length + gap.length;
      return addressedSpans(before + gap + text, toolNames)
        .filter(({ end }) => end > lead)
        .map(({ start, end }) => ({ start: Math.max(0, start - lead), end: end - lead }));
    });
    return hideSpans(guarded, [first, ...spans]);
  };
  const add = (item: Omit<EvidenceItem, 'number' | 'text'>, text: string, origin: EvidenceOrigin): Evidence => {
    const candidate: Evidence = { item: { ...item, number: all.length + 1, text }, origin };
    const key = keyOf(candidate);
    const same = known.get(key);
    if (same !== undefined) return same;
    const bounded = cutToTokens(text, MAX_ITEM_TOKENS);
    if (bounded.length < text.length) onCut(item.title, estimateTokens(text.slice(bounded.length)));
    const { title, headings, context } = candidate.item;
    const evidence: Evidence = {
      origin,
      item: {
        ...candidate.item,
        title: guard(title, title),
        headings: headings.map((heading) => guard(heading, title)),
        context: guard(context, title),
        text: guardText(bounded, title),
      },
    };
    known.set(key, evidence);
    all.push(evidence);
    return evidence;
  };
  return {
    all: () => all,
    addResult(tool, callId, input, result) {
      const passages =
        tool.yields === 'passages' && !result.isError ? passagesOutputSchema.safeParse(result.data) : undefined;
      if (passages?.success === true) {
        // The retriever filters; what slips through all the same goes no further.
        const seen = passages.data.passages.filter((passage) => maySee(caller, passage));
        const foreign = passages.data.passages.length - seen.length;
        if (foreign > 0) {
          onFinding({
            severity: 'error',
            code: 'foreign-passage',
            message: `${tool.name} returned ${foreign} passages that the caller may not see; they were dropped`,
            suggestion: 'have the tool filter by tenant and groups',
          });
        }
        return seen.map((passage) => addPassage(add, passage));
      }
      // the tool's own lines know what its fields are called; bare JSON is laid out here
      const laidOut = !result.isError && typeof result.data === 'object' && /^\s*(?:$|[[{])/.test(result.text);
      const text = laidOut ? recordLines(result.data).join('\n') : result.text;
      if (text.trim() === '') return [];
      const facts = { title: recordTitle(tool.name, input), place: '', headings: [], context: '' };
      return [add({ ...facts, kind: 'record' }, text, { kind: 'record', tool: tool.name, callId })];
    },
  };
}

/** Of the end of a text: its last sentence when nothing ends it. */
const openSentence = memoizeText(ENDS_KEPT, (end): string => {
  const last = sentenceSpans(end).at(-1);
  const sentence = last === undefined ? '' : end.slice(last.start, last.end);
  return /[.!?。！？]["'”’)\]]*$/.test(sentence) ? '' : sentence;
});
const openEnd = (text: string): string => openSentence(text.slice(-LONGEST_END));

/** Of the beginning of a text: its first sentence; null when there is none. */
const firstSentence = memoizeText(ENDS_KEPT, (beginning): TextSpan | null => sentenceSpans(beginning)[0] ?? null);

type Add = (item: Omit<EvidenceItem, 'number' | 'text'>, text: string, origin: EvidenceOrigin) => Evidence;

function addPassage(add: Add, passage: Passage): Evidence {
  const { metadata, headings, context, text } = passage;
  const said = SAID.flatMap((key) => (metadata[key] === undefined ? [] : [`${key}: ${String(metadata[key])}`]));
  const item = {
    kind: 'passage' as const,
    title: field(metadata, 'title') || field(metadata, 'uri') || passage.documentId,
    place: field(metadata, 'pages') === '' ? '' : `page ${field(metadata, 'pages')}`,
    headings,
    context: [said.join(', '), context].filter((line) => line !== '').join('\n'),
  };
  return add(item, text, {
    kind: 'passage',
    chunkId: passage.id,
    documentId: passage.documentId,
    uri: field(metadata, 'uri'),
    start: passage.start,
    metadata,
  });
}

function field(metadata: Metadata, key: string): string {
  const value = metadata[key];
  return value === undefined ? '' : String(value);
}

/** `get_order SO-1`: the tool and the short values it was asked with. */
function recordTitle(tool: string, input: unknown): string {
  if (input === null || typeof input !== 'object') return tool;
  const values = Object.values(input).filter((value) => ['string', 'number'].includes(typeof value));
  return [tool, ...values.map((value) => String(value).slice(0, 60))].join(' ');
}

function keyOf({ item, origin }: Evidence): string {
  return origin.kind === 'passage' ? `passage:${origin.chunkId}` : `record:${origin.tool}:${item.title}:${item.text}`;
}

function cutToTokens(text: string, tokens: number): string {
  if (tokensOf(text) <= tokens) return text;
  const lines = text.split('\n');
  let kept = '';
  for (const [index, line] of lines.entries()) {
    const longer = index === 0 ? line : `${kept}\n${line}`;
    if (estimateTokens(longer) > tokens) break;
    kept = longer;
  }
  return kept === '' ? text.slice(0, tokens) : kept; // a single line that is too long: at least one code unit a token
}

/** Estimated tokens of a piece in a prompt. */
export function pieceTokens({ item }: Evidence): number {
  return tokensOf(item.text) + tokensOf(item.context) + 30; // the delimiters and the title
}

/** The first pieces that fit `tokens`, in order; pieces that do not fit are passed over. The first always stays. */
export function fitEvidence(evidence: readonly Evidence[], tokens: number): { shown: Evidence[]; left: Evidence[] } {
  const shown: Evidence[] = [];
  const left: Evidence[] = [];
  let used = 0;
  for (const piece of evidence) {
    const cost = pieceTokens(piece);
    if (shown.length > 0 && used + cost > tokens) left.push(piece);
    else {
      shown.push(piece);
      used += cost;
    }
  }
  return { shown, left };
}
