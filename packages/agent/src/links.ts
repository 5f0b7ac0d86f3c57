import type { TextSpan } from '@fieldkit/core';
import { cleanText } from '@fieldkit/core/clean-text';
import { decodeEntities } from './unmask-text.ts';

// Every repetition is bounded, and none can be read in two ways: hostile text costs no more than its length times the bound.
const MARKDOWN_LINK = /!?\[([^[\]\n]{0,300})\]\s?\([ \t\n]{0,4}<?([^)\s>]{0,2000})>?(?:\s[^)]{0,300})?\)/g;
const HTML_TAG = /<[/!?]{0,2}[a-z][^<>]{0,1000}>/gi;
const HTML_NAME =
  /^(?:a|abbr|address|article|aside|audio|b|base|blockquote|body|br|button|canvas|center|code|col|dd|del|details|dialog|div|dl|dt|em|embed|fieldset|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|marquee|math|meta|nav|noscript|object|ol|option|p|param|picture|pre|q|s|samp|script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|tt|u|ul|var|video|xmp)$/i;
/** A tag that is not closed may be by what follows. */
const HALF_TAG = /<(?=[/!?]{0,2}[a-z])/gi;
/** The end of a link: in block quotes and lists too. */
const REFERENCE = /^[ \t>*+\-\d.)]{0,12}\[[^[\]\n]{1,200}\]:[ \t]*\S.*$/gm;
/** What ends a link in running text. */
const REST = '[^\\s<>"\'）)\\]，。；、】]*';
/** Addresses, as browsers take them: any slashes, or none, after the schemes of the web; `//host.tld/path`, also what is left of a link that was cut. */
const ADDRESS =
  `(?:\\b(?:[a-z][a-z0-9+.-]{1,20}:[/\\\\]{2}|(?:https?|ftps?|wss?|file):[/\\\\]{0,3}(?=[^\\s/\\\\])|www\\.|(?:javascript|data|vbscript|mailto|blob|tel|sms|intent):(?=\\S))${REST}` +
  `|(?<![\\w/\\\\]):?[/\\\\]{2,3}(?:[^\\s/@]{1,200}@)?(?:[\\p{L}\\p{N}-]{1,63}(?:\\.[\\p{L}\\p{N}-]{1,63}){1,8}|\\[[0-9a-f:.]{2,45}\\])${REST})`;
const ENDINGS =
  'com|net|org|info|biz|io|dev|app|ai|xyz|top|site|online|shop|club|vip|cc|co|cn|ru|tk|ml|ga|gq|me|tv|ws|link|click|live|icu|cloud|store|tech|space|website|page|pro|name|mobi|edu|gov|example|test|invalid|onion|uk|de|fr|eu|jp|kr|hk|tw|sg|in|nl|pl|br|su';
const LABELS = '(?:[\\p{L}\\p{N}][\\p{L}\\p{N}-]{0,62}\\.){1,8}';
const NOT_INSIDE = '(?<![\\p{L}\\p{N}_@])';
const NO_LETTER = '(?![\\p{L}\\p{N}_-])';
/** With a path, any country's ending and those that files have too make a host; a network mask is no path. */
const HOST_WITH_PATH = `(?:[\\w.+-]{0,64}@|${NOT_INSIDE})(?:${LABELS}(?:${ENDINGS}|[a-z]{2}|zip|mov)${NO_LETTER}|(?:\\d{1,3}\\.){3}\\d{1,3}(?!/\\d{1,2}(?!\\d)))\\.?(?::\\d{1,5})?[/?#\\\\]${REST}`;
/** Names that are hosts rather than abbreviations or files. */
const BARE_HOST = `${NOT_INSIDE}${LABELS}(?:${ENDINGS})${NO_LETTER}`;
const LINK = new RegExp(`${ADDRESS}|${HOST_WITH_PATH}`, 'giu');
const HOST = new RegExp(BARE_HOST, 'giu');
/** Names of products that look like hosts. */
const NO_HOST = /^(?:asp|ado|vb|ml)\.net$/i;

/** What no renderer can tell from a link once it has decoded or narrowed the text. */
const DISGUISES: readonly ((text: string) => string)[] = [decodeEntities, narrowLinks];

/**
 * Text whose links and images point to allowed hosts only; others leave their label or nothing, and a bare host name is written so that no
 * renderer makes it a link.
 */
export function keepAllowedLinks(text: string, allowedHosts: readonly string[]): { text: string; removed: number } {
  // Nothing becomes a link without one of these.
  if (!/[.:/\\<&。．｡․﹒\]]/.test(text)) return { text, removed: 0 };
  let kept = text;
  for (const reveal of DISGUISES) {
    const shown = reveal(kept);
    if (shown !== kept && strip(shown, allowedHosts).removed > strip(kept, allowedHosts).removed) kept = shown;
  }
  let removed = 0;
  // What is taken out may bring together what stood around it.
  for (let round = 0; round < 4; round += 1) {
    const next = strip(kept, allowedHosts);
    kept = next.text;
    removed += next.removed;
    if (next.removed === 0) return { text: kept, removed };
  }
  return { text: kept.replace(/[:/\\.](?=\S)/g, ' '), removed };
}

function strip(text: string, allowedHosts: readonly string[]): { text: string; removed: number } {
  let removed = 0;
  const drop = (instead: string) => {
    removed += 1;
    return instead;
  };
  /** What may stay is out of reach of the rules after it. */
  const kept: string[] = [];
  const keep = (link: string) => `${KEPT}${String.fromCharCode(FIRST_KEPT + kept.push(link) - 1)}`;
  const without = text
    .replace(ALL_KEPT, '')
    .replace(HTML_TAG, (tag) => {
      if (/(?:src\w*|href|style|url|action|data|poster|on\w+)\s*=|:\S/i.test(tag)) return drop('');
      const key = /^<([\w .+-]{1,20})>$/.exec(tag)?.[1]; // a key or a placeholder, unless HTML knows it
      return key === undefined || HTML_NAME.test(key) ? '' : `‹${key}›`;
    })
    .replace(HALF_TAG, '< ')
    .replace(REFERENCE, (line) =>
      isAllowed(line.replace(/^[^\]]*\]:\s*<?/, '').replace(/[\s>].*$/, ''), allowedHosts) ? keep(line) : drop(''),
    )
    .replace(MARKDOWN_LINK, (link: string, label: string, target: string) =>
      isAllowed(target, allowedHosts)
        ? keep(link)
        : drop(/^\d+$/.test(label) ? `[${label}]` : link.startsWith('!') ? '' : label),
    )
    .replace(LINK, (url) => (isAllowed(url, allowedHosts) ? keep(url) : drop('')))
    .replace(HOST, (host) =>
      isAllowed(host, allowedHosts) || NO_HOST.test(host) ? keep(host) : drop(host.replaceAll('.', '[.]')),
    )
    // Half of a link, whose other half may come later.
    .replaceAll('](', '] (')
    .replace(HALF_REFERENCE, '$1 :');
  return {
    text: without.replace(ALL_KEPT, (_, index: string) => kept[index.charCodeAt(0) - FIRST_KEPT] ?? ''),
    removed,
  };
}

/** A noncharacter, and one of the private use area, stand for what is kept. */
const KEPT = '\ufdd0';
const FIRST_KEPT = 0xe000;
const ALL_KEPT = /\ufdd0([\ue000-\uf8ff])?/g;
const HALF_REFERENCE = /^([ \t>*+\-\d.)]{0,12}\[[^[\]\n]{1,200}\]):(?=[ \t]*$)/gm;

/** The longest part of a stretch of text that has no link to a host that is not allowed; undefined when nothing readable is left. */
export function linkFreePart(
  text: string,
  { start, end }: TextSpan,
  allowedHosts: readonly string[],
): TextSpan | undefined {
  const whole = text.slice(start, end);
  const linked = (part: string) => keepAllowedLinks(cleanText(part), allowedHosts).removed > 0;
  if (!linked(whole)) return { start, end };
  const links = [HTML_TAG, REFERENCE, MARKDOWN_LINK, LINK, HOST]
    .flatMap((pattern) => [...whole.matchAll(pattern)])
    .map(({ 0: link, index }) => ({ start: index, end: index + link.length }))
    .sort((a, b) => a.start - b.start);
  let best = { start: 0, end: 0 };
  let at = 0;
  for (const link of [...links, { start: whole.length, end: whole.length }]) {
    if (link.start - at > best.end - best.start) best = { start: at, end: link.start };
    at = Math.max(at, link.end);
  }
  const part = whole.slice(best.start, best.end);
  if (!/[\p{L}\p{N}]{2}/u.test(part) || linked(part)) return undefined;
  const lead = part.length - part.trimStart().length;
  return { start: start + best.start + lead, end: start + best.start + part.trimEnd().length };
}

/**
 * The address of a document as a citation gives it: a path of the project without steps upwards, or a web address of an allowed host. Of any other
 * address its path is left.
 */
export function citedAddress(address: string, allowedHosts: readonly string[]): string {
  const text = cleanText(address).replace(/\s+/g, ' ').trim();
  if (/^https?:\/\//i.test(text) && isAllowed(text, allowedHosts)) return text;
  // Percent signs too: a reader may decode them before going up.
  const path = /%(?:2e|2f|5c|25|00)/i.test(text) ? decoded(text) : text;
  const steps = path
    .replace(/^[a-z][a-z0-9+.-]+:(?:[/\\]{2}[^/\\]*)?|^[/\\]{2,}[^/\\]*/i, '')
    .split(/[/\\]+/)
    .filter((step) => !/^(?:\.{0,2}|\s*)$/.test(step));
  return keepAllowedLinks(cleanText(steps.join('/')), allowedHosts).text;
}

function isAllowed(target: string, allowedHosts: readonly string[]): boolean {
  const absolute = /^[a-z][a-z0-9+.-]*:/i.test(target) ? target : `https://${target.replace(/^[/\\]{2}/, '')}`;
  // What one reader takes for the host another takes for the path: only the plain form counts.
  if (!/^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?(?:[/?#]|$)/i.test(absolute) || absolute.includes('\\')) return false;
  try {
    const { hostname, pathname, search, hash } = new URL(absolute);
    // An address inside the address is where a forwarding page would lead.
    const inside = decoded(`${pathname}${search}${hash}`);
    if (/[/\\]{2}[\w-]/.test(inside)) return false;
    const named = decoded(`${search}${hash}`).match(HOST) ?? [];
    return [hostname, ...named].every((name) =>
      allowedHosts.some((host) =>
        host.startsWith('*.')
          ? name.toLowerCase().endsWith(host.slice(1).toLowerCase())
          : name.toLowerCase() === host.toLowerCase(),
      ),
    );
  } catch {
    return false;
  }
}

/** However often it was encoded. */
function decoded(text: string): string {
  let plain = text;
  for (let round = 0; round < 4 && plain.includes('%'); round += 1) {
    try {
      plain = decodeURIComponent(plain);
    } catch {
      return plain;
    }
  }
  return plain;
}

/** Full-width letters and signs, and full stops of other scripts between letters, as ASCII: browsers take them so. */
function narrowLinks(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(/(?<=[\w-])[。｡．․﹒](?=[\w-])/g, '.');
}
