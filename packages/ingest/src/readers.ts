import type { Reader } from './reader.ts';
import { csvReader } from './readers/csv-reader.ts';
import { docReader } from './readers/doc-reader.ts';
import { docxReader } from './readers/docx-reader.ts';
import { htmlReader } from './readers/html-reader.ts';
import { markdownReader } from './readers/markdown-reader.ts';
import { pdfReader } from './readers/pdf-reader.ts';
import { pptxReader } from './readers/pptx-reader.ts';
import { textReader } from './readers/text-reader.ts';
import { xlsxReader } from './readers/xlsx-reader.ts';

/** Every format that is read. A caller may spread it and add its own. */
export const readers: readonly Reader[] = [
  pdfReader,
  docxReader,
  docReader,
  xlsxReader,
  pptxReader,
  markdownReader,
  csvReader,
  htmlReader,
  textReader,
];
