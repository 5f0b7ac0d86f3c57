/** Fonts, styles, numbering and page layout of the made office documents. */

export interface StyleOptions {
  readonly language: 'en' | 'zh';
  readonly numbering: 'none' | 'decimal' | 'zh-chapters' | 'zh-articles';
  /** Page margin in millimetres, all sides. */
  readonly marginMm: number;
  /** Body size in points. */
  readonly sizePt: number;
  readonly font: 'sans' | 'serif';
  /** Colour of headings and rules, `#rrggbb`. */
  readonly accent: string;
}

export interface StyleParts {
  readonly automatic: readonly string[];
  /** XML of the running header and footer; absent when the page has none. */
  readonly header: string | undefined;
  readonly footer: string | undefined;
}

/** Font faces, common styles, automatic styles and master pages. */
export function documentStyles(options: StyleOptions, parts: StyleParts): string {
  return `<office:font-face-decls>${FONTS}</office:font-face-decls>
<office:styles>${commonStyles(options)}${outline(options)}${lists(options)}</office:styles>
<office:automatic-styles>${pageLayouts(options, parts)}${cellStyles(options)}${parts.automatic.join('')}</office:automatic-styles>
<office:master-styles>${masterPages(parts)}</office:master-styles>`;
}

const FONTS = [
  ['Sans', 'Liberation Sans', 'swiss'],
  ['Serif', 'Liberation Serif', 'roman'],
  ['Mono', 'Liberation Mono', 'modern'],
  ['Han', 'Noto Sans CJK SC', 'swiss'],
  ['HanSerif', 'Noto Serif CJK SC', 'roman'],
]
  .map(
    ([name, family, generic]) =>
      `<style:font-face style:name="${name}" svg:font-family="'${family}'" style:font-family-generic="${generic}"/>`,
  )
  .join('');

interface Look {
  /** Attributes of paragraph properties and text properties, as written in ODF. */
  readonly paragraph?: string;
  readonly text?: string;
  readonly attributes?: string;
  readonly inner?: string;
}

function style(name: string, parent: string, { paragraph = '', text = '', attributes = '', inner = '' }: Look): string {
  return `<style:style style:name="${name}" style:display-name="${name.replaceAll('_20_', ' ')}" style:family="paragraph" style:parent-style-name="${parent}" ${attributes}><style:paragraph-properties ${paragraph}>${inner}</style:paragraph-properties><style:text-properties ${text}/></style:style>`;
}

function size(points: number): string {
  return `fo:font-size="${points}pt" style:font-size-asian="${points}pt" style:font-size-complex="${points}pt"`;
}

const BOLD = 'fo:font-weight="bold" style:font-weight-asian="bold"';
const ITALIC = 'fo:font-style="italic" style:font-style-asian="italic"';

function commonStyles(options: StyleOptions): string {
  const { sizePt, accent, font, language, marginMm } = options;
  const latin = font === 'serif' ? 'Serif' : 'Sans';
  const han = font === 'serif' ? 'HanSerif' : 'Han';
  const locale = language === 'zh' ? 'fo:language="zh" fo:country="CN"' : 'fo:language="en" fo:country="GB"';
  const colour = `fo:color="${accent}"`;
  const headings = [1.55, 1.22, 1.06, 1].flatMap((factor, index) => {
    const level = index + 1;
    const look: Look = {
      paragraph: `fo:margin-top="${level === 1 ? 5 : 3.5}mm" fo:margin-bottom="1.8mm" fo:keep-with-next="always"`,
      text: `${size(Math.round(sizePt * factor * 2) / 2)} ${BOLD} ${colour}`,
    };
    return [
      style(`Heading_20_${level}`, 'Standard', {
        ...look,
        attributes: `style:default-outline-level="${level}" style:list-style-name="Outline"`,
      }),
      style(`Plain_20_Heading_20_${level}`, 'Standard', {
        ...look,
        attributes: `style:default-outline-level="" style:list-style-name=""`,
      }),
    ];
  });
  const box =
    'fo:padding="1.8mm" fo:border="0.75pt solid #8a6d1f" fo:background-color="#fdf6e0" style:join-border="true"';
  const right = 210 - 2 * marginMm;
  const margin = `fo:margin-top="0mm" fo:margin-bottom="0mm"`;
  const tabs = `<style:tab-stops><style:tab-stop style:position="${right / 2}mm" style:type="center"/><style:tab-stop style:position="${right}mm" style:type="right"/></style:tab-stops>`;
  const cells = (['left', 'center', 'right'] as const).flatMap((side) => {
    const align = side === 'right' ? 'end' : side === 'left' ? 'start' : 'center';
    const paragraph = `${margin} fo:text-align="${align}" fo:line-height="110%"`;
    return [
      style(`Table_20_Text_20_${side}`, 'Standard', { paragraph, text: size(sizePt - 1) }),
      style(`Table_20_Heading_20_${side}`, 'Standard', { paragraph, text: `${size(sizePt - 1)} ${BOLD}` }),
    ];
  });
  const spans = [
    ['Bold', BOLD],
    ['Italic', ITALIC],
    ['BoldItalic', `${BOLD} ${ITALIC}`],
    ['Code', `style:font-name="Mono" ${size(sizePt - 0.5)}`],
  ].map(
    ([name, properties]) =>
      `<style:style style:name="${name}" style:family="text"><style:text-properties ${properties}/></style:style>`,
  );
  return [
    `<style:default-style style:family="paragraph"><style:paragraph-properties fo:orphans="2" fo:widows="2"/><style:text-properties style:font-name="${latin}" style:font-name-asian="${han}" ${size(sizePt)} ${locale} style:language-asian="zh" style:country-asian="CN"/></style:default-style>`,
    '<style:default-style style:family="table"><style:table-properties table:border-model="collapsing"/></style:default-style>',
    '<style:style style:name="Standard" style:family="paragraph" style:class="text"/>',
    style('Text_20_body', 'Standard', {
      paragraph: `fo:margin-bottom="2.2mm" fo:line-height="${language === 'zh' ? 135 : 120}%"`,
    }),
    ...headings,
    style('Title', 'Standard', {
      paragraph: 'fo:margin-bottom="1.5mm" fo:keep-with-next="always"',
      text: `${size(sizePt * 2.1)} ${BOLD} ${colour}`,
    }),
    style('Subtitle', 'Standard', {
      paragraph: 'fo:margin-bottom="1mm"',
      text: `${size(sizePt * 1.1)} fo:color="#555555"`,
    }),
    style('List', 'Standard', { paragraph: 'fo:margin-bottom="1mm" fo:line-height="118%"' }),
    style('Box', 'Standard', {
      paragraph: `fo:margin-top="1.5mm" fo:margin-bottom="2.5mm" fo:margin-left="2mm" fo:margin-right="2mm" fo:line-height="118%" ${box}`,
    }),
    style('Hidden', 'Standard', {
      paragraph: `${margin} fo:line-height="100%"`,
      text: 'fo:color="#ffffff" fo:font-size="1pt" style:font-size-asian="1pt"',
    }),
    style('Caption', 'Standard', {
      paragraph: 'fo:margin-top="2mm" fo:margin-bottom="1mm" fo:keep-with-next="always"',
      text: `${size(sizePt - 0.5)} ${BOLD}`,
    }),
    style('Footnote', 'Standard', {
      paragraph: 'fo:margin-left="4mm" fo:text-indent="-4mm"',
      text: size(sizePt - 1.5),
    }),
    style('Spacer', 'Standard', { paragraph: margin, text: size(5) }),
    style('Scan_20_Page', 'Standard', { paragraph: margin, attributes: 'style:master-page-name="Scan"' }),
    style('Header', 'Standard', {
      paragraph: `${margin} fo:border-bottom="0.5pt solid ${accent}" fo:padding-bottom="1mm"`,
      text: `${size(sizePt - 2)} fo:color="#555555"`,
      inner: tabs,
    }),
    style('Footer', 'Standard', { paragraph: margin, text: `${size(sizePt - 2)} fo:color="#555555"`, inner: tabs }),
    ...cells,
    ...spans,
    '<text:notes-configuration text:note-class="footnote" style:num-format="1" text:start-value="0" text:footnotes-position="page" text:start-numbering-at="document"/>',
  ].join('');
}

/** Heading numbers made by the word processor: 1 / 1.1 / 1.1.1, or 第一章 / 一、 / （一）; with articles 第一章 alone. */
function outline({ numbering }: StyleOptions): string {
  const position =
    '<style:list-level-properties text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment text:label-followed-by="space"/></style:list-level-properties>';
  const chinese = [
    ['第', '章'],
    ['', '、'],
    ['（', '）'],
  ];
  const levels = [1, 2, 3, 4].map((level) => {
    const plain = numbering === 'none' || (numbering === 'zh-chapters' && level === 4);
    if (plain || (numbering === 'zh-articles' && level > 1))
      return `<text:outline-level-style text:level="${level}" style:num-format="">${position}</text:outline-level-style>`;
    if (numbering === 'decimal')
      return `<text:outline-level-style text:level="${level}" style:num-format="1" text:display-levels="${level}">${position}</text:outline-level-style>`;
    const [prefix, suffix] = chinese[level - 1] ?? ['', ''];
    return `<text:outline-level-style text:level="${level}" style:num-format="一, 二, 三, ..." style:num-prefix="${prefix}" style:num-suffix="${suffix}">${position}</text:outline-level-style>`;
  });
  return `<text:outline-style style:name="Outline">${levels.join('')}</text:outline-style>`;
}

function lists({ numbering }: StyleOptions): string {
  const level = (index: number): string =>
    `<style:list-level-properties text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment text:label-followed-by="listtab" fo:text-indent="-6mm" fo:margin-left="${6 + 6 * index}mm"/></style:list-level-properties>`;
  const bullets = ['•', '–', '▪'].map(
    (sign, index) =>
      `<text:list-level-style-bullet text:level="${index + 1}" text:bullet-char="${sign}">${level(index)}</text:list-level-style-bullet>`,
  );
  const formats = ['1', 'a', 'i'].map(
    (format, index) =>
      `<text:list-level-style-number text:level="${index + 1}" style:num-format="${format}" style:num-suffix="${format === '1' ? '.' : ')'}">${level(index)}</text:list-level-style-number>`,
  );
  const articles = [
    ['一, 二, 三, ...', '第', '条'],
    ['一, 二, 三, ...', '（', '）'],
    ['1', '', '.'],
  ].map(
    ([format, prefix, suffix], index) =>
      `<text:list-level-style-number text:level="${index + 1}" style:num-format="${format}" style:num-prefix="${prefix}" style:num-suffix="${suffix}"><style:list-level-properties text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment text:label-followed-by="space" fo:text-indent="8mm" fo:margin-left="0mm"/></style:list-level-properties></text:list-level-style-number>`,
  );
  const chinese =
    numbering === 'zh-articles' ? `<text:list-style style:name="Articles">${articles.join('')}</text:list-style>` : '';
  return `${chinese}<text:list-style style:name="Bullets">${bullets.join('')}</text:list-style><text:list-style style:name="Numbers">${formats.join('')}</text:list-style>`;
}

function cellStyles({ accent }: StyleOptions): string {
  const rule = '0.5pt solid #808080';
  const borders = {
    ruled: [`fo:border="${rule}"`, `fo:border="${rule}" fo:background-color="#e6ebf1"`],
    plain: ['fo:border="none"', 'fo:border="none"'],
    horizontal: [
      `fo:border-bottom="0.35pt solid #a0a0a0"`,
      `fo:border-top="1pt solid ${accent}" fo:border-bottom="1pt solid ${accent}"`,
    ],
  };
  const cells = Object.entries(borders).flatMap(([name, [body, head]]) =>
    [
      [name, body],
      [`${name}_head`, head],
    ].map(
      ([suffix, look]) =>
        `<style:style style:name="Cell_${suffix}" style:family="table-cell"><style:table-cell-properties fo:padding="0.9mm" ${look} style:vertical-align="middle"/></style:style>`,
    ),
  );
  return `${cells.join('')}<style:style style:name="Row" style:family="table-row"><style:table-row-properties fo:keep-together="always"/></style:style>`;
}

function pageLayouts({ marginMm }: StyleOptions, { header, footer }: StyleParts): string {
  const page = 'fo:page-width="210mm" fo:page-height="297mm" style:print-orientation="portrait"';
  const top = header === undefined ? marginMm : Math.max(10, marginMm - 10);
  const bottom = footer === undefined ? marginMm : Math.max(10, marginMm - 10);
  const band = (side: 'top' | 'bottom'): string =>
    `<style:header-footer-properties fo:min-height="7mm" fo:margin-${side}="4mm" style:dynamic-spacing="false"/>`;
  return `<style:page-layout style:name="Page"><style:page-layout-properties ${page} fo:margin-top="${top}mm" fo:margin-bottom="${bottom}mm" fo:margin-left="${marginMm}mm" fo:margin-right="${marginMm}mm"/>${header === undefined ? '' : `<style:header-style>${band('bottom')}</style:header-style>`}${footer === undefined ? '' : `<style:footer-style>${band('top')}</style:footer-style>`}</style:page-layout><style:page-layout style:name="Bare"><style:page-layout-properties ${page} fo:margin="0mm"/></style:page-layout>`;
}

function masterPages({ header, footer }: StyleParts): string {
  const band = (kind: 'header' | 'footer', text: string | undefined): string =>
    text === undefined
      ? ''
      : `<style:${kind}><text:p text:style-name="${kind === 'header' ? 'Header' : 'Footer'}">${text}</text:p></style:${kind}>`;
  return `<style:master-page style:name="Standard" style:page-layout-name="Page">${band('header', header)}${band('footer', footer)}</style:master-page><style:master-page style:name="Scan" style:page-layout-name="Bare"/>`;
}
