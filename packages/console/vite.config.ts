import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

/** What pdf.js asks for while it reads: character maps of Chinese fonts, the standard fonts, decoders of pictures. */
const PDF_FOLDERS = ['cmaps', 'standard_fonts', 'wasm'];
const pdf = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
const { version } = JSON.parse(readFileSync(join(pdf, 'package.json'), 'utf8')) as { version: string };
const pdfAssets = `assets/pdfjs-${version}`;

const copyPdfAssets: Plugin = {
  name: 'fieldkit:pdf-assets',
  apply: 'build',
  generateBundle() {
    for (const folder of PDF_FOLDERS) {
      for (const name of readdirSync(join(pdf, folder)).filter((file) => !/nowasm/.test(file))) {
        const source = readFileSync(join(pdf, folder, name));
        this.emitFile({ type: 'asset', fileName: `${pdfAssets}/${folder}/${name}`, source });
      }
    }
  },
};

/** `pnpm --filter @fieldkit/console exec vite` is the development server, beside a `fieldkit serve` on port 8080. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ['@fieldkit/source', ...defaultClientConditions] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  define: { __PDF_ASSETS__: JSON.stringify(`/${pdfAssets}/`) },
  plugins: [copyPdfAssets],
  server: { proxy: { '^/(api|agui|v1)/?': 'http://127.0.0.1:8080' } },
  build: {
    outDir: 'dist/app',
    target: 'es2022',
    chunkSizeWarningLimit: 1_000,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
  },
});
