/**
 * The script of the report, plain JavaScript: a document's section is built when it is first opened, from the JSON beside it. Text of
 * documents enters by `textContent` only.
 */
export const PAGE_SCRIPT = `
const data = JSON.parse(document.getElementById('data').textContent);
const { labels, kinds, colours, documents } = data;
const svgName = 'http://www.w3.org/2000/svg';
const make = (name, options = {}, ...children) => {
  const { svg, ...attributes } = options;
  const node = svg ? document.createElementNS(svgName, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== undefined));
  return node;
};
const svg = (name, options, ...children) => make(name, { svg: true, ...options }, ...children);

function drawPage(page) {
  const root = svg('svg', { viewBox: '0 0 ' + page.width + ' ' + page.height, role: 'img', 'aria-label': labels.page + ' ' + page.page });
  if (page.image) root.append(svg('image', { href: page.image, width: page.width, height: page.height, preserveAspectRatio: 'none' }));
  const numbered = new Set();
  for (const [kind, number, level, x0, y0, x1, y1, words] of page.blocks) {
    const name = labels.kinds[kinds[kind]] + (level ? ' ' + level : '');
    const group = svg('g', {}, svg('title', {}, number + ' · ' + name + ': ' + words));
    group.append(svg('rect', { class: 'b', x: x0, y: y0, width: Math.max(1, x1 - x0), height: Math.max(1, y1 - y0), fill: colours[kind], stroke: colours[kind] }));
    if (!page.image) {
      const fits = Math.max(1, Math.floor((x1 - x0) / 4.2));
      group.append(svg('text', { x: x0 + 2, y: Math.min(y1 - 1, y0 + 8) }, words.length > fits ? words.slice(0, fits - 1) + '…' : words));
    }
    if (numbered.has(number)) { root.append(group); continue; }
    numbered.add(number);
    const wide = String(number).length * 5 + 5;
    group.append(svg('rect', { x: Math.max(0, x0 - wide - 1), y: y0, width: wide, height: 10, rx: 2, fill: colours[kind] }));
    group.append(svg('text', { class: 'no', x: Math.max(0, x0 - wide - 1) + 2.5, y: y0 + 8 }, String(number)));
    root.append(group);
  }
  const caption = make('figcaption', {}, labels.page + ' ' + page.page + ' · ' + numbered.size + ' ' + (numbered.size === 1 ? labels.one.block : labels.blocks) + ' ');
  if (page.needsOcr) caption.append(make('span', { class: 'tag error' }, labels.needsOcr));
  return make('figure', { class: 'page' }, root, caption);
}

function build(index) {
  const { facts, findings, metadata, outline, pages, hiddenPages } = documents[index];
  const body = make('div');
  body.append(make('p', { class: 'soft' }, facts.join(' · ')));
  body.append(make('h3', {}, labels.findings));
  if (findings.length === 0) body.append(make('p', { class: 'soft' }, labels.noFindings));
  for (const { severity, code, message, where, suggestion } of findings) {
    const card = make('div', { class: 'card ' + severity }, make('span', { class: 'tag ' + severity }, code), ' ' + message);
    if (where) card.append(make('p', { class: 'soft' }, where));
    if (suggestion) card.append(make('p', {}, suggestion));
    body.append(card);
  }
  if (pages.length > 0) {
    body.append(make('h3', {}, labels.pagesShown));
    const legend = make('p', { class: 'legend' });
    const used = new Set(pages.flatMap((page) => page.blocks.map(([kind]) => kind)));
    for (const kind of [...used].sort()) {
      const colour = make('i');
      colour.style.background = colours[kind];
      legend.append(make('span', {}, colour, labels.kinds[kinds[kind]]));
    }
    body.append(legend, make('div', { class: 'pages' }, ...pages.map(drawPage)));
    if (hiddenPages > 0) body.append(make('p', { class: 'soft' }, hiddenPages + ' ' + labels.morePages));
  } else body.append(make('p', { class: 'soft' }, labels.noPages));
  body.append(make('h3', {}, labels.outline));
  const list = make('div', { class: 'outline' });
  for (const { level, text } of outline) {
    const line = make('p', {}, text);
    line.style.paddingLeft = (level - 1) * 16 + 'px';
    list.append(line);
  }
  body.append(outline.length > 0 ? list : make('p', { class: 'soft' }, labels.noOutline));
  if (metadata.length > 0) {
    const rows = metadata.map(([name, value]) => make('tr', {}, make('th', {}, name), make('td', {}, value)));
    body.append(make('h3', {}, labels.metadata), make('div', { class: 'scroll' }, make('table', {}, ...rows)));
  }
  return body;
}

const sections = [...document.querySelectorAll('.doc')];
for (const section of sections) {
  section.addEventListener('toggle', () => {
    if (section.open && section.children.length === 1) section.append(build(Number(section.dataset.index)));
  });
}
const search = document.getElementById('search');
const only = document.getElementById('only');
const filter = () => {
  const wanted = search.value.trim().toLowerCase();
  for (const section of sections) section.hidden = !section.dataset.find.includes(wanted) || (only.checked && section.dataset.warnings === '0');
};
search.addEventListener('input', filter);
only.addEventListener('change', filter);
const open = () => {
  const section = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (section instanceof HTMLDetailsElement) { section.open = true; section.scrollIntoView(); }
};
addEventListener('hashchange', open);
open();
`;
