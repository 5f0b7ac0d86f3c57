import { readFileSync } from 'node:fs';
import { openPdf } from './src/pdf/open-pdf.ts';
import { interpretPage } from './src/pdf/interpret-page.ts';
import { buildWords } from './src/pdf/words.ts';
import { selectText } from './src/pdf/select-text.ts';
import { candidateGutters, orderRegions } from './src/pdf/columns.ts';
import { layOutPage } from './src/pdf/lay-out-page.ts';
const { pdf, close } = await openPdf(readFileSync(`/work/shared/data/ingest/files/${process.argv[2]}.pdf`), 'x');
const page = await interpretPage(await pdf.getPage(Number(process.argv[3] ?? 1)));
const sel = selectText(page, 'x');
const words = buildWords(sel.glyphs);
console.log(page.width, page.height, 'glyphs', page.glyphs.length, 'words', words.length, 'rules', page.rules.length, 'fills', page.fills.length, 'images', page.images.length, sel.findings, sel.needsOcr);
console.log('gutters', candidateGutters(words));
if (process.argv[4] === 'rules') console.log(page.rules.map(r => `${r.horizontal ? 'h' : 'v'} ${r.at.toFixed(1)} ${r.from.toFixed(1)}-${r.to.toFixed(1)}`).slice(0, 80).join('\n'), page.fills.slice(0, 30));
if (process.argv[4] === 'words') console.log(words.slice(0, 200).map(w => `${w.box.map(v => v.toFixed(1))} ${w.size.toFixed(1)} ${w.text} ${w.font.name}`).join('\n'));
for (const region of layOutPage(page, words).regions) { console.log('REGION', region.box.map(v => v.toFixed(0)).join(' ')); for (const i of region.items.slice(0, 60)) console.log('   ', i.kind, i.kind === 'line' ? `${i.line.box.map(v => v.toFixed(0)).join(' ')} ${i.line.size} ${i.line.bold ? 'B' : ''} ${i.line.text.slice(0, 90)}` : JSON.stringify(i.table.rows.slice(0, 6).map(r => r.map(c => c.text.slice(0, 12) + (c.colSpan ? `^${c.colSpan}` : '') + (c.rowSpan ? `v${c.rowSpan}` : ''))))); }
await close();
