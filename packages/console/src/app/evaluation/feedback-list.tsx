import { ThumbsDown, ThumbsUp } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { load } from '../api/client.ts';
import type { Case, Feedback } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useLanguageTag, useText } from '../text/use-text.ts';
import { dateTime } from '../ui/format.ts';
import { Await, Empty, Failure } from '../ui/parts.tsx';

/** What people thought of answers; each can become a question of the evaluation. */
export function FeedbackList() {
  const text = useText();
  const loaded = useLoad<{ feedback: Feedback[] }>('/api/feedback?limit=200');
  return (
    <Await of={loaded}>
      {({ feedback }) =>
        feedback.length === 0 ? (
          <Empty title={text.feedback.none} />
        ) : (
          <ul class="items">
            {feedback.map((one) => (
              <Given key={one.id} feedback={one} />
            ))}
          </ul>
        )
      }
    </Await>
  );
}

function Given({ feedback }: { feedback: Feedback }) {
  const text = useText();
  const language = useLanguageTag();
  const [caseId, setCaseId] = useState(feedback.caseId);
  const [problem, setProblem] = useState<unknown>();
  const { id, verdict, at, question, comment, expected, runId } = feedback;
  const Icon = verdict === 'up' ? ThumbsUp : ThumbsDown;
  const makeCase = async () => {
    try {
      setCaseId((await load<Case>(`/api/feedback/${id}/case`, { json: {} })).id);
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <li class="card">
      <div class="row">
        <Icon size={16} aria-label={verdict === 'up' ? text.feedback.up : text.feedback.down} />
        <strong>{question ?? text.feedback.runGone}</strong>
        <span class="muted small figures">{dateTime(at, language)}</span>
      </div>
      {comment !== '' && <p class="pre">{comment}</p>}
      {expected !== undefined && (
        <p class="muted">
          {text.evaluation.reference}: {expected}
        </p>
      )}
      <div class="row">
        <Link href={`/runs/${runId}`}>{text.chat.trace}</Link>
        {caseId === undefined ? (
          <button type="button" class="button small" onClick={makeCase}>
            {text.feedback.makeCase}
          </button>
        ) : (
          <Link href={`/evaluation?tab=questions&set=evals/feedback.jsonl&case=${caseId}`}>
            {text.feedback.seeCase}
          </Link>
        )}
      </div>
      {problem !== undefined && <Failure error={problem} />}
    </li>
  );
}
