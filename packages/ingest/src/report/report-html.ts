import { createHash } from 'node:crypto';
import type { Finding } from '@fieldkit/core';
import { PAGE_SCRIPT } from './page-script.ts';
import { KIND_COLOURS, PAGE_STYLE } from './page-style.ts';
import { BLOCK_KINDS, type IngestReport, type ReportDocument, type ReportPage } from './report-data.ts';
import { type ReportLabels, reportLabels } from './report-labels.ts';

export interface ReportHtmlOptions {
  /** Of headings. Default `en`. */
  readonly language?: 'zh' | 'en';
  /** By document id; documents without an entry show no pages. */
  readonly pages: ReadonlyMap<string, readonly ReportPage[]>;
}

/**
 * The report as one HTML page without external resources: totals, advice, duplicates and versions, and a section per document that is
 * built when it is opened. A content policy allows the page's own script and style and pictures inside the page, nothing else.
 */
export function reportHtml(report: IngestReport, { language = 'en', pages }: ReportHtmlOptions): string {
  const labels = reportLabels[language];
  const data = JSON.stringify({
    labels,
    kinds: BLOCK_KINDS,
    colours: KIND_COLOURS,
    documents: report.documents.map((document) => sectionData(document, pages.get(document.id) ?? [], labels)),
  }).replaceAll('<', '\\u003c');
  const hash = createHash('sha256').update(PAGE_SCRIPT).digest('base64');
  const title = `${labels.title} · ${report.project}`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="soft">${escapeHtml(report.date)}</p>
${tiles(report, labels)}
${adviceSection(report, labels)}
${candidatesSection(report, labels)}
${unreadSection(report, labels)}
${relationsSection(report, labels)}
<h2>${labels.documents}</h2>
<div class="tools"><input type="search" id="search" placeholder="${escapeHtml(labels.filter)}" aria-label="${escapeHtml(labels.filter)}"><label><input type="checkbox" id="only"> ${labels.onlyFindings}</label></div>
<noscript><p>${labels.script}</p></noscript>
${report.documents.map((document, index) => documentHead(document, index, labels)).join('\n')}
</main>
<script type="application/json" id="data">${data}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function tiles({ totals, documents }: IngestReport, labels: ReportLabels): string {
  const warnings = documents.reduce((sum, { findings }) => sum + warningsOf(findings), 0);
  const names = [
    'documents',
    'pages',
    'units',
    'warnings',
    'notReadable',
    'ocrPages',
    'superseded',
    'duplicates',
  ] as const;
  const bad = new Set(['warnings', 'notReadable', 'ocrPages', 'superseded', 'duplicates']);
  const items = names.map((name) => {
    const value = name === 'warnings' ? warnings : totals[name];
    return `<li${bad.has(name) && value > 0 ? ' class="warn"' : ''}><b>${value}</b>${labels.totals[name]}</li>`;
  });
  return `<ul class="tiles">${items.join('')}</ul>`;
}

function adviceSection({ advice: { suggestions } }: IngestReport, labels: ReportLabels): string {
  const cards = suggestions.map(
    ({ area, code, severity, advice, reason, basis, measured, setting, documents = [] }) => {
      const figures = measured
        .map(
          ({ name, value, unit }) => `${name}: ${value}${unit === undefined ? '' : ` ${unitOf(value, unit, labels)}`}`,
        )
        .join(' · ');
      const files =
        documents.length === 0
          ? ''
          : `<details><summary>${documents.length} ${unitOf(documents.length, 'documents', labels)}</summary>${documents.map((uri) => `<p>${escapeHtml(uri)}</p>`).join('')}</details>`;
      return `<div class="card ${severity}"><span class="tag">${labels.areas[area]}</span> <span class="tag ${severity}">${escapeHtml(code)}</span> <b>${escapeHtml(advice)}</b>
<p>${escapeHtml(reason)}</p>${setting === undefined ? '' : `<p><code>${escapeHtml(setting.path)}: ${escapeHtml(JSON.stringify(setting.value))}</code></p>`}
<p class="soft">${labels.measuredBy[basis]}: ${escapeHtml(figures)}</p>${files}</div>`;
    },
  );
  return `<h2>${labels.advice}</h2>\n${cards.length === 0 ? `<p>${labels.noAdvice}</p>` : cards.join('\n')}`;
}

/** The unit of a figure as it reads beside its number: `1 document`, `2 documents`. */
function unitOf(value: number | string, unit: string, { one, units }: ReportLabels): string {
  if (unit === 'documents') return value === 1 ? one.document : units.documents;
  if (unit === 'findings') return value === 1 ? one.finding : units.findings;
  return unit;
}

function candidatesSection({ advice: { candidates } }: IngestReport, labels: ReportLabels): string {
  if (candidates.length === 0) return '';
  const rows = candidates.map(({ strategy, maxTokens, chunks, questions, recall, better, worse, p }, index) => {
    const numbers = [
      chunks,
      questions,
      recall.toFixed(3),
      ...(index === 0 ? ['', '', ''] : [better, worse, p.toFixed(2)]),
    ];
    return `<tr${index === 0 ? ' class="now"' : ''}><td>${escapeHtml(strategy)} / ${maxTokens}</td>${numbers.map((value) => `<td class="n">${value}</td>`).join('')}</tr>`;
  });
  return `<h2>${labels.candidates}</h2>\n${table(labels.candidateColumns, rows)}`;
}

function unreadSection({ unread }: IngestReport, labels: ReportLabels): string {
  if (unread.length === 0) return '';
  return `<h2>${labels.unread}</h2>\n${unread.map(({ uri, reason = '' }) => `<div class="card error"><b>${escapeHtml(uri)}</b><p>${escapeHtml(reason)}</p></div>`).join('\n')}`;
}

function relationsSection({ duplicates, documents }: IngestReport, labels: ReportLabels): string {
  const known = new Map(documents.map(({ id, uri }) => [id, uri]));
  const link = (id: string) => {
    const uri = known.get(id);
    return uri === undefined ? '' : `<a href="#doc-${id}">${escapeHtml(uri)}</a>`;
  };
  const row = (left: string, relation: string, right: string, reason: string) =>
    `<tr><td>${left}</td><td>${relation}</td><td>${right}</td><td>${escapeHtml(reason)}</td></tr>`;
  const rows = [
    ...duplicates.versions.map(({ older, newer, basis, reason }) =>
      row(
        link(older),
        newer === undefined ? labels.outOfForce : labels.supersededBy,
        newer === undefined ? '' : link(newer),
        `${basis}: ${reason}`,
      ),
    ),
    ...duplicates.duplicates.flatMap(({ documentIds: [kept = '', ...copies], same }) =>
      copies.map((copy) => row(link(copy), labels.copyOf, link(kept), same)),
    ),
    ...duplicates.unordered.map(([left, right]) => row(link(left), '?', link(right), '')),
    ...duplicates.nearDuplicates.map(({ documentIds: [left, right], similarity, differences }) =>
      row(
        link(left),
        labels.similarTo,
        link(right),
        [`${Math.floor(similarity * 100)} %`, ...differences.flat().map((line) => `≠ ${line}`)].join('  '),
      ),
    ),
  ];
  return rows.length === 0 ? '' : `<h2>${labels.relations}</h2>\n${table(undefined, rows, 'relations')}`;
}

function table(head: readonly string[] | undefined, rows: readonly string[], name = ''): string {
  const columns = head === undefined ? '' : `<tr>${head.map((column) => `<th>${column}</th>`).join('')}</tr>`;
  return `<div class="scroll"><table class="${name}">${columns}${rows.join('')}</table></div>`;
}

function documentHead(
  { id, uri, title, findings, inventory, blocks }: ReportDocument,
  index: number,
  labels: ReportLabels,
): string {
  const warnings = findings.filter(({ severity }) => severity !== 'info');
  const codes = [...new Set(warnings.map(({ code }) => code))];
  const pages =
    inventory === undefined
      ? ''
      : `${inventory.pages} ${inventory.pages === 1 ? labels.one.page : labels.pages}${inventory.pagesFrom === 'estimated' ? ` (${labels.estimated})` : ''}`;
  const total = Object.values(blocks).reduce((sum, value) => sum + value, 0);
  const tags = codes.map(
    (code) =>
      `<span class="tag ${warnings.some((finding) => finding.code === code && finding.severity === 'error') ? 'error' : 'warning'}">${escapeHtml(code)}</span>`,
  );
  const find = `${uri} ${title} ${codes.join(' ')}`.toLowerCase();
  return `<details class="doc" id="doc-${id}" data-index="${index}" data-warnings="${warnings.length}" data-find="${escapeHtml(find)}"><summary><b>${escapeHtml(uri)}</b><span class="soft">${escapeHtml(title)} · ${pages} · ${total} ${total === 1 ? labels.one.block : labels.blocks}</span>${tags.join('')}</summary></details>`;
}

/** What the script needs to build one section. */
function sectionData(document: ReportDocument, pages: readonly ReportPage[], labels: ReportLabels) {
  const { blocks, cells, characters, language, groups, emptyPages, inventory, metadata, outline, findings } = document;
  const pageCount = inventory?.pagesFrom === 'file' ? inventory.pages : 0;
  return {
    facts: [
      ...Object.entries(blocks).map(([kind, count]) => `${labels.kinds[kind] ?? kind} ${count}`),
      ...(cells > 0 ? [`${cells} ${labels.cells}`] : []),
      `${characters} ${labels.characters}`,
      language,
      ...(inventory?.version === undefined ? [] : [inventory.version]),
      ...(inventory?.date === undefined ? [] : [inventory.date]),
      `${labels.access}: ${groups.length === 0 ? labels.everybody : groups.join(', ')}`,
      ...(emptyPages.length === 0 ? [] : [`${labels.emptyPages}: ${emptyPages.slice(0, 20).join(', ')}`]),
    ],
    findings,
    metadata: Object.entries(metadata).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(' | ') : String(value),
    ]),
    outline,
    pages,
    hiddenPages: Math.max(0, pageCount - pages.length),
  };
}

function warningsOf(findings: readonly Finding[]): number {
  return findings.filter(({ severity }) => severity !== 'info').length;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
