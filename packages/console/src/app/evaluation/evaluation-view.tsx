import { useSearchParams } from 'wouter-preact';
import { useText } from '../text/use-text.ts';
import { Page, Tabs } from '../ui/parts.tsx';
import { Compare } from './compare.tsx';
import { EvaluationRuns } from './evaluation-runs.tsx';
import { FeedbackList } from './feedback-list.tsx';
import { QuestionSets } from './question-sets.tsx';

/** What was measured, what changed, and the questions it is measured with. */
export function EvaluationView() {
  const text = useText();
  const [query, setQuery] = useSearchParams();
  const tabs = [
    { id: 'runs', label: text.evaluation.runs, content: () => <EvaluationRuns /> },
    { id: 'compare', label: text.evaluation.compare, content: () => <Compare /> },
    { id: 'questions', label: text.evaluation.questions, content: () => <QuestionSets /> },
    { id: 'feedback', label: text.evaluation.feedback, content: () => <FeedbackList /> },
  ];
  return (
    <Page title={text.places.evaluation} lead={text.evaluation.lead}>
      <Tabs
        label={text.places.evaluation}
        tabs={tabs}
        chosen={query.get('tab') ?? 'runs'}
        onChoose={(tab) => setQuery({ tab })}
      />
    </Page>
  );
}
