import { analyzeText } from '@fieldkit/core';

/** English words that carry no subject of their own: question words, auxiliaries, pronouns, prepositions, politeness. */
const ENGLISH = `a about above after again against all also although am among an and any anybody anyone anything are around as ask at
be because been before being below between both but by can cannot could did do does doing done during each either else etc ever every
everyone everything few for from further get gets getting give given got had has have having he her here hers him his how however i if
in into is it its itself just kindly know least less let like look made make many may me might mine more most much must my myself need needed
needs neither no nor not now of off often ok on once one ones only onto or other others otherwise our ours out over own per please
possible quite rather really regarding same say says shall she should show since so some somebody someone something soon still such
tell than thank thanks that the their theirs them then there therefore these they thing things this those though through thus to together
too toward under until up upon us use used using very via want wanted wants was way we well were what whatever when whenever where whether
which while who whom whose why will wish with within without would yes yet you your yours
allowed apply case concern describe document documents documentation explain find happen happens help information kind mean means mention
mentioned question questions answer answers answered evidence said specify specified state stated stand stands take takes taken explain don't doesn't isn't aren't i'm i've
what's who's where's`;

/** Pronouns that point back at something said before. */
const ENGLISH_PRONOUNS = 'it its itself they them their theirs he him his she her hers';
/** Openings that carry on from what was said before. */
const ENGLISH_OPENINGS = /^\s*(?:and|but|so|or|then|what about|how about|same|also)\b/i;

const CHINESE = `的 了 着 过 是 有 在 和 与 及 或 或者 以及 并 并且 而 但 但是 就 都 也 还 又 再 很 太 更 最 吗 呢 吧 啊 呀 嘛 我 我们 你 你们 您 他 她 它 他们 她们 它们 这 那 这个
那个 这些 那些 这里 那里 其 该 此 哪 哪个 哪些 哪里 哪儿 谁 什么 甚么 怎么 怎样 怎么样 如何 为什么 为何 多少 多久 多长 多大 多高 多远 几 几个 何时 何 何处 是否 能否 可否 可以 能 能够 会 要
需要 应 应该 应当 必须 得 请 请问 请教 告诉 想 想要 知道 一下 一个 一些 个 对 对于 关于 根据 按照 按 从 到 向 往 把 被 给 让 使 用 由 以 为 为了 因为 所以 如果 若 的话 时 时候 之 之后 之前 后
前 上 下 中 里 内 外 间 吗 不 没 没有 非 无 说 说明 请说 介绍 情况 问题 方面 有关 相关 进行 做 办 怎么办 规定 文件 资料 文档`;
const CHINESE_PRONOUN = /它|其|该|此|这|那|他|她/;
const CHINESE_OPENING = /^\s*(?:那|那么|还有|另外|而且|然后)|呢[？?。\s]*$/;

const functionWords = new Set([...ENGLISH.split(/\s+/), ...CHINESE.split(/\s+/)]);
const pronouns = new Set(ENGLISH_PRONOUNS.split(' '));

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });
const HAN = /\p{Script=Han}/u;

/** The measure that a question asks for is no subject: "how long", "what time". */
const ASKED_MEASURE =
  /\b(?:how\s+(?:long|far|old|often|soon|late|early|deep|high|low|large|big|small|heavy|fast|quickly|hot|cold|warm|wide|tall|thick|good|close)|what\s+(?:time|kind|sort|type)|which\s+(?:kind|sort|type))\b/gi;

/** The words of a text with a meaning of their own, as written, in order, each once. */
export function contentWords(text: string): string[] {
  const words: string[] = [];
  let han = '';
  const flush = () => {
    if (han !== '') words.push(han);
    han = '';
  };
  for (const [token] of text
    .normalize('NFKC')
    .replace(ASKED_MEASURE, ' ')
    .matchAll(
      /[\p{Script=Han}]+|(?:(?!\p{Script=Han})[\p{L}\p{N}])+(?:[-_.'’/](?:(?!\p{Script=Han})[\p{L}\p{N}])+)*/gu,
    )) {
    if (!HAN.test(token)) {
      if (!functionWords.has(token.toLowerCase().replace('’', "'"))) words.push(token);
      continue;
    }
    for (const { segment } of segmenter.segment(token)) {
      if (functionWords.has(segment)) flush();
      else han += segment; // neighbours stay together: segmentation is not the same everywhere
    }
    flush();
  }
  return [...new Set(words)];
}

/** Terms for comparing a question with evidence: index terms; Chinese as pairs of characters, which do not depend on segmentation. */
export function termsOf(text: string): string[] {
  return analyzeText(text, { han: 'bigrams' });
}

/** Terms of the words that carry meaning, each once. */
export function contentTerms(text: string): string[] {
  return [...new Set(contentWords(text).flatMap(termsOf))];
}

/** Whether a question points back at something said before it. */
export function pointsBack(question: string): boolean {
  const words = question.toLowerCase().match(/[a-z]+/g) ?? [];
  return (
    words.some((word) => pronouns.has(word)) ||
    ENGLISH_OPENINGS.test(question) ||
    CHINESE_PRONOUN.test(question) ||
    CHINESE_OPENING.test(question)
  );
}

/** Part numbers, order numbers, error codes: four letters and digits or more in one word, or five digits and more; folded for comparison. */
export function identifiersOf(text: string): string[] {
  const found =
    text.normalize('NFKC').match(/(?<![\p{L}\p{N}])[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+)*(?![A-Za-z0-9])/gu) ?? [];
  return [
    ...new Set(
      found
        .filter(
          (word) =>
            (/\d/.test(word) && /[A-Za-z]/.test(word) && !/^\d+(?:st|nd|rd|th|[a-z]{1,3})$/.test(word)) ||
            /^\d{5,}$/.test(word),
        )
        .map(foldIdentifier)
        .filter((identifier) => identifier.length >= 4),
    ),
  ];
}

/** An identifier without its separators, lower case. */
export function foldIdentifier(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\-_/.]/g, '');
}
