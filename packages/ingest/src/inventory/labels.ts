import type { InventoryRow } from './inventory-of.ts';

/** Every word of the workbook in one language. */
export interface InventoryLabels {
  readonly font: string;
  readonly sheets: readonly [string, string, string];
  readonly title: string;
  readonly project: string;
  readonly madeOn: string;
  readonly totals: Readonly<
    Record<
      | 'files'
      | 'documents'
      | 'notReadable'
      | 'duplicates'
      | 'superseded'
      | 'pages'
      | 'estimatedPages'
      | 'ocrPages'
      | 'units',
      string
    >
  >;
  readonly rulesTitle: string;
  rules(pagesPerUnit: number, cjk: number, other: number): readonly string[];
  readonly columns: readonly string[];
  readonly relationColumns: readonly string[];
  readonly relations: Readonly<Record<'duplicate' | 'version' | 'ended' | 'similar', string>>;
  readonly bases: Readonly<Record<'stated' | 'version' | 'date' | 'bytes' | 'text', string>>;
  readonly types: Readonly<Record<string, string>>;
  readonly pagesFrom: Readonly<Record<InventoryRow['pagesFrom'], string>>;
  readonly everybody: string;
  notCounted(row: InventoryRow): string;
  remarks(row: InventoryRow): readonly string[];
  readonly total: string;
  readonly none: string;
  readonly declaration: string;
  readonly parties: readonly [string, string];
  readonly signature: readonly [string, string, string];
}

const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const EXCEL = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const POWERPOINT = 'application/vnd.openxmlformats-officedocument.presentationml.presentation';

const english: InventoryLabels = {
  font: 'Calibri',
  sheets: ['Summary', 'Documents', 'Duplicates and versions'],
  title: 'Inventory of documents',
  project: 'Project',
  madeOn: 'Made on',
  totals: {
    files: 'Files',
    documents: 'Documents read',
    notReadable: 'Files that could not be read',
    duplicates: 'Copies of other documents',
    superseded: 'Superseded or out of force',
    pages: 'Pages',
    estimatedPages: 'of these estimated from characters',
    ocrPages: 'Pages that need OCR',
    units: 'Counted units of scope',
  },
  rulesTitle: 'How it was counted',
  rules: (pagesPerUnit, cjk, other) => [
    `A document counts one unit per started ${pagesPerUnit === 1 ? 'page' : `${pagesPerUnit} pages`}.`,
    `PDF: the pages of the file. Word and text: the pages that the file itself states; otherwise one page per started ${cjk} Chinese, Japanese or Korean or ${other} other characters, spaces included (marked "estimated").`,
    'A copy (same bytes or same words) of a document in the list counts nothing. Superseded versions count: they are read and prepared like the others.',
    'A file that could not be read counts nothing until it can be read.',
  ],
  columns: [
    'No.',
    'Document',
    'Title',
    'Type',
    'Language',
    'Pages',
    'Counted by',
    'Version',
    'Date',
    'Access',
    'OCR pages',
    'Units',
    'Remarks',
  ],
  relationColumns: ['Document', 'Relation', 'Other document', 'Told by', 'Reason'],
  relations: {
    duplicate: 'is a copy of',
    version: 'is superseded by',
    ended: 'is out of force',
    similar: 'shares most of its wording with',
  },
  bases: { stated: 'statement', version: 'version mark', date: 'date', bytes: 'same bytes', text: 'same words' },
  types: {
    'application/pdf': 'PDF',
    [WORD]: 'Word',
    'application/msword': 'Word 97',
    [EXCEL]: 'Excel',
    [POWERPOINT]: 'PowerPoint',
    'text/plain': 'Text',
    'text/markdown': 'Markdown',
    'text/html': 'HTML',
    'text/csv': 'CSV',
  },
  pagesFrom: { file: 'file', estimated: 'estimated', none: '' },
  everybody: 'all',
  notCounted: ({ notCounted, duplicateOf, reason }) =>
    notCounted === 'duplicate'
      ? `copy of ${duplicateOf}`
      : notCounted === 'not-readable'
        ? `not readable: ${reason}`
        : '',
  remarks: ({ supersededBy, similarTo }) => [
    ...(supersededBy === undefined ? [] : [supersededBy === '' ? 'out of force' : `superseded by ${supersededBy}`]),
    ...similarTo.map((uri) => `similar to ${uri}`),
  ],
  total: 'Total',
  none: 'None found.',
  declaration:
    'Both parties confirm that this list is complete and that the counted units are the scope of document processing.',
  parties: ['For the customer', 'For the provider'],
  signature: ['Name and position', 'Signature', 'Date'],
};

const chinese: InventoryLabels = {
  font: 'Microsoft YaHei',
  sheets: ['汇总', '文档清单', '重复与版本'],
  title: '知识文档清单',
  project: '项目',
  madeOn: '生成日期',
  totals: {
    files: '文件数',
    documents: '已读取文档',
    notReadable: '无法读取的文件',
    duplicates: '与其他文档重复',
    superseded: '已被取代或废止',
    pages: '页数',
    estimatedPages: '其中按字符数折算',
    ocrPages: '需要 OCR 的页',
    units: '计量单位数',
  },
  rulesTitle: '计量规则',
  rules: (pagesPerUnit, cjk, other) => [
    `每份文档每 ${pagesPerUnit} 页计 1 个单位，不足 ${pagesPerUnit} 页按 1 个单位计。`,
    `PDF 以文件页数为准；Word 和纯文本以文件自身标明的页数为准，未标明的按每 ${cjk} 个中日韩字符或每 ${other} 个其他字符（含空格）折算 1 页，不足 1 页按 1 页计（标注“折算”）。`,
    '与清单中其他文档内容相同（字节相同或文字相同）的副本不计。已被取代的版本同样需要读取和处理，照常计量。',
    '无法读取的文件在可以读取之前不计。',
  ],
  columns: [
    '序号',
    '文档',
    '标题',
    '类型',
    '语言',
    '页数',
    '页数依据',
    '版本',
    '日期',
    '访问范围',
    '需 OCR 的页',
    '单位',
    '备注',
  ],
  relationColumns: ['文档', '关系', '另一文档', '依据', '理由'],
  relations: { duplicate: '重复于', version: '已被取代为', ended: '已废止', similar: '大部分文字相同于' },
  bases: { stated: '文中声明', version: '版本标记', date: '日期', bytes: '字节相同', text: '文字相同' },
  types: { ...english.types, 'text/plain': '纯文本' },
  pagesFrom: { file: '文件', estimated: '折算', none: '' },
  everybody: '全部',
  notCounted: ({ notCounted, duplicateOf, reason }) =>
    notCounted === 'duplicate' ? `与 ${duplicateOf} 重复` : notCounted === 'not-readable' ? `无法读取：${reason}` : '',
  remarks: ({ supersededBy, similarTo }) => [
    ...(supersededBy === undefined ? [] : [supersededBy === '' ? '已废止' : `已被 ${supersededBy} 取代`]),
    ...similarTo.map((uri) => `与 ${uri} 相似`),
  ],
  total: '合计',
  none: '未发现。',
  declaration: '双方确认本清单完整，所列单位数即为文档处理的服务范围。',
  parties: ['客户方', '服务方'],
  signature: ['姓名、职务', '签字', '日期'],
};

export const inventoryLabels = { en: english, zh: chinese } as const;
