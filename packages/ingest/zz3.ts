import { readFileSync } from 'node:fs';
import { openPdf } from './src/pdf/open-pdf.ts';
import { interpretPage } from './src/pdf/interpret-page.ts';
const { pdf, close } = await openPdf(readFileSync(`/work/shared/data/ingest/files/${process.argv[2]}.pdf`), 'x');
const page = await interpretPage(await pdf.getPage(1));
const s = page.glyphs.map(g => g.text).join('');
const i = s.indexOf(process.argv[3]!);
let last: any;
for (const g of page.glyphs.slice(i, i + 60)) { console.log(JSON.stringify(g.text), g.x0.toFixed(2), g.x1.toFixed(2), last ? ((g.x0 - last.x1) / g.size).toFixed(3) : '', g.size.toFixed(1), g.font.name, g.angle); last = g; }
await close();
