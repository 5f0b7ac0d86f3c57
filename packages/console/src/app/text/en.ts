import type { Cause } from '@fieldkit/eval';

/** Everything the console says, in English; the other languages have the same shape. */
export interface Texts {
  readonly places: Record<'chat' | 'runs' | 'knowledge' | 'evaluation' | 'project', string>;
  readonly common: Record<
    'loading' | 'retry' | 'close' | 'cancel' | 'more' | 'skip' | 'navigation' | 'nothingHere',
    string
  >;
  readonly standin: Record<'title' | 'detail' | 'long', string>;
  readonly settings: {
    readonly theme: string;
    readonly themes: Record<'system' | 'light' | 'dark', string>;
    readonly leave: string;
  };
  readonly key: Record<'title' | 'explain' | 'label' | 'remember' | 'enter' | 'wrong', string>;
  readonly status: Record<'answered' | 'insufficient' | 'refused' | 'failed' | 'waiting', string>;
  readonly errors: Readonly<Record<string, string | undefined>>;
  readonly working: Record<
    'start' | 'understand' | 'gather' | 'answer' | 'search_knowledge' | 'lookup_record',
    string
  > & {
    readonly other: (name: string) => string;
  };
  readonly chat: Record<
    | 'question'
    | 'placeholder'
    | 'followUp'
    | 'send'
    | 'stop'
    | 'restart'
    | 'keys'
    | 'explain'
    | 'suggestions'
    | 'sources'
    | 'stopped'
    | 'trace'
    | 'copy'
    | 'copied',
    string
  > & {
    readonly welcome: (project: string) => string;
    readonly openSource: (marker: number, title: string) => string;
    readonly tokens: (count: number) => string;
  };
  readonly feedback: Record<
    'up' | 'down' | 'wrong' | 'expected' | 'save' | 'saved' | 'makeCase' | 'seeCase' | 'none' | 'runGone',
    string
  >;
  readonly source: Record<'title' | 'record' | 'openFull', string> & {
    readonly page: (number: number | string) => string;
    readonly lookedUp: (tool: string, input: string) => string;
  };
  readonly document: Record<
    'content' | 'chunks' | 'facts' | 'showBlocks' | 'recognised' | 'noText' | 'asText' | 'noFindings' | 'show',
    string
  > & {
    readonly kinds: Record<
      'heading' | 'paragraph' | 'list' | 'table' | 'code' | 'caption' | 'footnote' | 'image',
      string
    >;
    readonly pages: (count: number) => string;
    readonly findings: (count: number) => string;
    readonly chunkCount: (count: number) => string;
    readonly outline: (count: number) => string;
  };
  readonly knowledge: Record<
    | 'documents'
    | 'search'
    | 'lead'
    | 'filter'
    | 'none'
    | 'howToAdd'
    | 'noMatch'
    | 'title'
    | 'pages'
    | 'access'
    | 'findings'
    | 'everybody'
    | 'searchFor'
    | 'nothingFound'
    | 'rankExplain'
    | 'dense'
    | 'lexical'
    | 'rerank'
    | 'score',
    string
  > & { readonly found: (count: number) => string };
  readonly runs: Record<
    | 'lead'
    | 'none'
    | 'askFirst'
    | 'question'
    | 'status'
    | 'time'
    | 'steps'
    | 'at'
    | 'tokensIn'
    | 'tokensOut'
    | 'modelCalls'
    | 'cost'
    | 'noPrice'
    | 'caller'
    | 'timeline'
    | 'answer'
    | 'input'
    | 'output'
    | 'nothing',
    string
  > & {
    readonly kinds: Record<'node' | 'model' | 'tool' | 'retrieval' | 'embedding' | 'rerank', string>;
    readonly attempt: (number: number) => string;
  };
  readonly evaluation: Record<
    | 'lead'
    | 'runs'
    | 'compare'
    | 'questions'
    | 'feedback'
    | 'none'
    | 'run'
    | 'interval'
    | 'items'
    | 'median'
    | 'cost'
    | 'scores'
    | 'scorer'
    | 'mean'
    | 'chart'
    | 'why'
    | 'itemList'
    | 'show'
    | 'onlyFailed'
    | 'allItems'
    | 'noItems'
    | 'explaining'
    | 'reference'
    | 'cause'
    | 'needTwo'
    | 'noShared'
    | 'real'
    | 'chance'
    | 'noSets'
    | 'runSet',
    string
  > & {
    readonly detectable: (effects: string) => string;
    readonly atDiscordance: (effect: string, discordance: string) => string;
    readonly byKind: (scorer: string) => string;
    readonly failed: (failed: number, items: number) => string;
    readonly atMost: (share: string) => string;
    readonly compared: (of: Record<'a' | 'b' | 'low' | 'high' | 'p', string> & { readonly n: number }) => string;
    readonly wouldShow: (effect: string) => string;
    readonly changed: (count: number) => string;
  };
  readonly causes: Readonly<Record<Cause, string>>;
  readonly project: Record<
    | 'lead'
    | 'pipeline'
    | 'tools'
    | 'configuration'
    | 'doctor'
    | 'node'
    | 'kind'
    | 'model'
    | 'settings'
    | 'schema'
    | 'question'
    | 'answer'
    | 'well'
    | 'unwell'
    | 'fine'
    | 'wrong'
    | 'contacts'
    | 'host'
    | 'sent',
    string
  > & {
    readonly effects: Record<'read' | 'write', string>;
    readonly timeout: (seconds: number) => string;
  };
}

const plural = (count: number, one: string, many: string) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

export const en: Texts = {
  places: { chat: 'Chat', runs: 'Traces', knowledge: 'Knowledge', evaluation: 'Evaluation', project: 'Project' },
  common: {
    loading: 'Loading …',
    retry: 'Try again',
    close: 'Close',
    cancel: 'Cancel',
    more: 'Show more',
    skip: 'Skip to content',
    navigation: 'Main',
    nothingHere: 'There is nothing at this address',
  },
  standin: {
    title: 'Extractive stand-in, no language model.',
    detail: 'Answers are sentences of the documents, picked by rules.',
    long: 'No endpoint is configured. Set MAAS_BASE_URL and MAAS_API_KEY before fieldkit serve to use a language model.',
  },
  settings: {
    theme: 'Appearance',
    themes: { system: 'as the system', light: 'light', dark: 'dark' },
    leave: 'Forget the key',
  },
  key: {
    title: 'A key is needed',
    explain: 'This server answers only to known callers. Ask its operator for a key (fieldkit keys new).',
    label: 'Key',
    remember: 'Remember it on this computer',
    enter: 'Enter',
    wrong: 'The server does not accept this key.',
  },
  status: {
    answered: 'answered',
    insufficient: 'evidence not sufficient',
    refused: 'refused',
    failed: 'failed',
    waiting: 'waiting for approval',
  },
  errors: {
    offline: 'The server cannot be reached. Is fieldkit serve still running?',
    cut_off: 'The connection ended before the answer did. Ask again.',
    document_not_found: 'There is no such document, or none that you may see.',
    run_not_found: 'There is no such run, or none that you may see.',
    index_not_found: 'Nothing is indexed yet: the operator runs fieldkit ingest.',
    case_exists: 'This is an evaluation case already.',
  },
  working: {
    start: 'Starting …',
    understand: 'Understanding the question …',
    gather: 'Gathering evidence …',
    answer: 'Writing, and checking every sentence …',
    search_knowledge: 'Searching the documents …',
    lookup_record: 'Looking up the record …',
    other: (name) => `${name} …`,
  },
  chat: {
    question: 'Question',
    placeholder: 'Ask about the documents or a record',
    followUp: 'Ask a follow-up',
    send: 'Send',
    stop: 'Stop',
    restart: 'New conversation',
    keys: 'Enter sends, Shift + Enter begins a new line',
    welcome: (project) => `Ask ${project}`,
    explain: 'Every answer cites its sources. Click a citation to see the words in the document.',
    suggestions: 'Questions to begin with',
    sources: 'Sources',
    openSource: (marker, title) => `Source ${marker}: ${title}`,
    stopped: 'Stopped.',
    trace: 'Trace',
    copy: 'Copy',
    copied: 'Copied',
    tokens: (count) => plural(count, 'token', 'tokens'),
  },
  feedback: {
    up: 'Right answer',
    down: 'Wrong answer',
    wrong: 'What is wrong?',
    expected: 'What would be right? (optional)',
    save: 'Save',
    saved: 'Saved with its run.',
    makeCase: 'Make it an evaluation case',
    seeCase: 'See the evaluation case',
    none: 'Nobody has judged an answer yet',
    runGone: 'The run is gone',
  },
  source: {
    title: 'Source',
    record: 'Record',
    openFull: 'Open the whole view',
    page: (number) => `page ${number}`,
    lookedUp: (tool, input) => `${tool} ${input}`,
  },
  document: {
    content: 'Document',
    chunks: 'Chunks',
    facts: 'Properties',
    showBlocks: 'Show what was recognised',
    recognised: 'Recognised blocks',
    noText: 'There is no text in this document.',
    asText: 'The file cannot be shown as it is: it was changed or removed after it was read. This is its text.',
    noFindings: 'Nothing was found wrong with this document',
    show: 'Show in the document',
    kinds: {
      heading: 'heading',
      paragraph: 'paragraph',
      list: 'list',
      table: 'table',
      code: 'code',
      caption: 'caption',
      footnote: 'footnote',
      image: 'picture',
    },
    pages: (count) => plural(count, 'page', 'pages'),
    findings: (count) => (count === 0 ? 'Findings' : `Findings (${count})`),
    chunkCount: (count) => `${plural(count, 'chunk', 'chunks')}, as the document is searched`,
    outline: (count) => `Outline: ${plural(count, 'heading', 'headings')}`,
  },
  knowledge: {
    documents: 'Documents',
    search: 'Search',
    lead: 'What answers are made from: the documents as they were read, and the search over them.',
    filter: 'Filter by title or path',
    none: 'There are no documents yet',
    howToAdd: 'Put files into the knowledge folder and run fieldkit ingest.',
    noMatch: 'No document matches',
    title: 'Document',
    pages: 'Pages',
    access: 'Access',
    findings: 'Findings',
    everybody: 'everybody',
    searchFor: 'Words or a question',
    nothingFound: 'Nothing was found',
    found: (count) => plural(count, 'passage', 'passages'),
    rankExplain: 'the rank that each way of searching gave, 1 is best',
    dense: 'dense',
    lexical: 'lexical',
    rerank: 'rerank',
    score: 'score',
  },
  runs: {
    lead: 'Every answer with all its steps.',
    none: 'Nothing was asked yet',
    askFirst: 'Ask the first question',
    question: 'Question',
    status: 'Status',
    time: 'Time',
    steps: 'Steps',
    at: 'At',
    tokensIn: 'Tokens in',
    tokensOut: 'Tokens out',
    modelCalls: 'Model calls',
    cost: 'Cost',
    noPrice: 'no price known',
    caller: 'Asked by',
    timeline: 'Steps',
    answer: 'Answer',
    input: 'Input',
    output: 'Output',
    nothing: 'nothing',
    kinds: {
      node: 'node',
      model: 'model',
      tool: 'tool',
      retrieval: 'retrieval',
      embedding: 'embedding',
      rerank: 'rerank',
    },
    attempt: (number) => `try ${number}`,
  },
  evaluation: {
    lead: 'What was measured, with how sure it is, and why questions failed.',
    runs: 'Runs',
    compare: 'Comparison',
    questions: 'Questions',
    feedback: 'Feedback',
    none: 'Nothing was evaluated yet. Begin with:',
    run: 'Run',
    interval: '95 % interval',
    items: 'Items',
    median: 'Median time',
    cost: 'Cost',
    scores: 'Scores',
    scorer: 'Score',
    mean: 'Mean',
    chart: 'Mean and interval',
    why: 'Why items failed',
    itemList: 'Items',
    show: 'Which items',
    onlyFailed: 'failed',
    allItems: 'all',
    noItems: 'No item failed',
    explaining: 'Looking for the cause of every failure …',
    reference: 'Right answer',
    cause: 'Cause',
    needTwo: 'A comparison needs two runs under two names. Make another with:',
    noShared: 'The two runs share no question that this score applies to',
    real: 'not chance',
    chance: 'could be chance',
    noSets: 'There are no questions yet. Get a sheet to fill in with:',
    runSet: 'Evaluate this set with:',
    detectable: (effects) => `Smallest difference that so many items can be expected to show: ${effects}.`,
    atDiscordance: (effect, discordance) => `${effect} when ${discordance} of the items differ`,
    byKind: (scorer) => `${scorer} by kind of question`,
    failed: (failed, items) => `${failed} of ${items} failed; each counts under its first cause.`,
    atMost: (share) => `at most ${share} to win`,
    compared: ({ a, b, low, high, n, p }) =>
      `A ${a}, B ${b}; 95 % interval of the difference ${low} to ${high}; ${n} questions, p = ${p}.`,
    wouldShow: (effect) => `With these questions, a difference from about ${effect} on could be told from chance.`,
    changed: (count) => `${plural(count, 'question', 'questions')} changed`,
  },
  causes: {
    infrastructure: 'infrastructure',
    'injection-followed': 'planted instruction followed',
    truncated: 'cut off',
    'gold-suspect': 'doubtful label',
    'tool-failure': 'tool failed',
    'bad-arguments': 'wrong arguments',
    loop: 'repetition',
    'early-stop': 'stopped early',
    'wrong-tool': 'wrong tool',
    'missing-tool': 'tool not called',
    'extra-tool': 'needless tool call',
    'content-gap': 'document missing',
    'parse-loss': 'lost in reading',
    'filter-drop': 'filtered out',
    'chunk-split': 'cut apart',
    'retrieval-miss': 'not retrieved',
    'ranking-miss': 'ranked too low',
    'context-overflow': 'not shown to the model',
    'missed-refusal': 'should have refused',
    'over-refusal': 'refused needlessly',
    ungrounded: 'not supported',
    incomplete: 'incomplete',
    'not-extracted': 'shown, but not used',
    'citation-error': 'wrong citation',
    format: 'wrong form',
    language: 'wrong language',
    'judge-suspect': 'doubtful judge',
    unexplained: 'unexplained',
  },
  project: {
    lead: 'What the agent is, what it may call, and whether it is well.',
    pipeline: 'Pipeline',
    tools: 'Tools',
    configuration: 'Configuration',
    doctor: 'Doctor',
    node: 'Node',
    kind: 'Kind',
    model: 'Model',
    settings: 'Settings',
    schema: 'Input schema',
    question: 'question',
    answer: 'reply',
    well: 'Everything that was checked is well.',
    unwell: 'Something needs attention.',
    fine: 'fine',
    wrong: 'needs attention',
    contacts: 'Who is contacted, and with what',
    host: 'Host',
    sent: 'What is sent',
    effects: { read: 'reads', write: 'writes' },
    timeout: (seconds) => `${seconds} s at most`,
  },
};
