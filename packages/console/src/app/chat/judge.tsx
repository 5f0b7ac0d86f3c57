import { ThumbsDown, ThumbsUp } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { load } from '../api/client.ts';
import type { Case, Feedback } from '../api/types.ts';
import { useMe, useText } from '../text/use-text.ts';
import { Failure } from '../ui/parts.tsx';
import type { Turn, Verdict } from './conversation.ts';

export interface JudgeProps {
  readonly turn: Turn;
  readonly earlier: readonly string[];
  readonly judge: (verdict: Verdict) => void;
}

/** Thumbs; a thumbs down asks what is wrong, and then offers to keep the question as an evaluation case. */
export function Judge({ turn, earlier, judge }: JudgeProps) {
  const text = useText();
  const { role } = useMe();
  const [asking, setAsking] = useState(false);
  const [comment, setComment] = useState('');
  const [expected, setExpected] = useState('');
  const [problem, setProblem] = useState<unknown>();
  const field = useRef<HTMLTextAreaElement>(null);
  const { verdict, runId } = turn;
  useEffect(() => {
    if (asking) field.current?.focus();
  }, [asking]);

  const attempt = async (work: () => Promise<void>) => {
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(error);
    }
  };
  const give = (given: 'up' | 'down') =>
    attempt(async () => {
      const right = expected.trim();
      const { id } = await load<Feedback>('/api/feedback', {
        json: { runId, verdict: given, comment: comment.trim(), ...(right === '' ? {} : { expected: right }) },
      });
      judge({ verdict: given, feedbackId: id });
      setAsking(false);
    });
  const makeCase = (made: Verdict) =>
    attempt(async () => {
      const { id } = await load<Case>(`/api/feedback/${made.feedbackId}/case`, { json: { history: earlier } });
      judge({ ...made, caseId: id });
    });

  return (
    <>
      <span class="thumbs">
        <button
          type="button"
          class="quiet"
          aria-pressed={verdict?.verdict === 'up'}
          aria-label={text.feedback.up}
          title={text.feedback.up}
          disabled={verdict !== undefined}
          onClick={() => give('up')}
        >
          <ThumbsUp size={15} aria-hidden="true" />
        </button>
        <button
          type="button"
          class="quiet"
          aria-pressed={verdict?.verdict === 'down'}
          aria-expanded={asking}
          aria-label={text.feedback.down}
          title={text.feedback.down}
          disabled={verdict !== undefined}
          onClick={() => setAsking(!asking)}
        >
          <ThumbsDown size={15} aria-hidden="true" />
        </button>
      </span>
      {(asking || verdict !== undefined || problem !== undefined) && (
        <div class="feedback">
          {asking && verdict === undefined && (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                void give('down');
              }}
            >
              <label>
                {text.feedback.wrong}
                <textarea
                  rows={2}
                  maxLength={5_000}
                  value={comment}
                  ref={field}
                  onInput={({ currentTarget }) => setComment(currentTarget.value)}
                />
              </label>
              <label>
                {text.feedback.expected}
                <textarea
                  rows={2}
                  maxLength={5_000}
                  value={expected}
                  onInput={({ currentTarget }) => setExpected(currentTarget.value)}
                />
              </label>
              <div class="row">
                <button type="submit" class="button primary">
                  {text.feedback.save}
                </button>
                <button type="button" class="button" onClick={() => setAsking(false)}>
                  {text.common.cancel}
                </button>
              </div>
            </form>
          )}
          {verdict !== undefined && (
            <p role="status" class="row">
              {text.feedback.saved}
              {verdict.verdict === 'down' && verdict.caseId === undefined && role === 'operator' && (
                <button type="button" class="button small" onClick={() => makeCase(verdict)}>
                  {text.feedback.makeCase}
                </button>
              )}
              {verdict.caseId !== undefined && (
                <Link href={`/evaluation?tab=questions&set=evals/feedback.jsonl&case=${verdict.caseId}`}>
                  {text.feedback.seeCase}
                </Link>
              )}
            </p>
          )}
          {problem !== undefined && <Failure error={problem} />}
        </div>
      )}
    </>
  );
}
