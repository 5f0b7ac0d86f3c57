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
const SCHEME_LINK =
  /(?:\b[a-z][a-z0-9+.-]{1,20}:[/\\]{2}|\bwww\.|\b(?:javascript|data|vbscript|mailto|file|blob|tel|sms):(?=[^\s]))[^\s<>"'）)\]，。；、】]*/gi;
/** `//host.tld/path`, as browsers take it; what is left of a link that was cut. */
const RELATIVE_LINK =
  /(?<![\w/\\]):?[/\\]{2}(?:[^\s/@]{1,200}@)?[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}[^\s<>"'）)\]，。；、】]*/giu;
/** Names that are hosts rather than abbreviations or files. */
const HOST_NAME =
  '(?:[\\p{L}\\p{N}][\\p{L}\\p{N}-]{0,62}\\.){1,8}(?:com|net|org|info|biz|io|dev|app|ai|xyz|top|site|online|shop|club|vip|cc|co|cn|ru|tk|ml|ga|gq|me|tv|ws|link|click|live|icu|cloud|store|tech|space|website|page|example|test|invalid|onion|uk|de|fr|eu|jp|kr|hk|tw|sg|in|nl|pl|br|su)(?![\\p{L}\\p{N}_-])';
const HOST = `(?<![\\p{L}\\p{N}_@.\\-/\\\\])${HOST_NAME}`;
const HOST_WITH_PATH = new RegExp(
  `(?:[\\w.+-]{1,64}@${HOST_NAME}|${HOST})(?::\\d{1,5})?[/?#\\\\][^\\s<>"'）)\\]，。；、】]*`,
  'giu',
);
const BARE_HOST = new RegExp(HOST, 'giu');
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
  if (!/[.:/\\<&。．｡\]]/.test(text)) return { text, removed: 0 };
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
  const unlessAllowed = (url: string) => (isAllowed(url, allowedHosts) ? url : drop(''));
  const kept = text
    .replace(HTML_TAG, (tag) => {
      if (/(?:src|href|style|url|action|data|on\w+)\s*=|:[/\\]{2}/i.test(tag)) return drop('');
      const key = /^<([\w .+-]{1,20})>$/.exec(tag)?.[1]; // a key or a placeholder, unless HTML knows it
      return key === undefined || HTML_NAME.test(key) ? '' : `‹${key}›`;
    })
    .replace(HALF_TAG, '< ')
    .replace(REFERENCE, (line) =>
      isAllowed(line.replace(/^[^\]]*\]:\s*<?/, '').replace(/[\s>].*$/, ''), allowedHosts) ? line : drop(''),
    )
    .replace(MARKDOWN_LINK, (link: string, label: string, target: string) =>
      isAllowed(target, allowedHosts)
        ? link
        : drop(/^\d+$/.test(label) ? `[${label}]` : link.startsWith('!') ? '' : label),
    )
    .replace(SCHEME_LINK, unlessAllowed)
    .replace(RELATIVE_LINK, unlessAllowed)
    .replace(HOST_WITH_PATH, unlessAllowed)
    .replace(BARE_HOST, (host) =>
      isAllowed(host, allowedHosts) || NO_HOST.test(host) ? host : drop(host.replaceAll('.', '[.]')),
    );
  return { text: kept, removed };
}

/** The longest part of a stretch of text that has no link to a host that is not allowed; undefined when nothing readable is left. */
export function linkFreePart(
  text: string,
  { start, end }: TextSpan,
  allowedHosts: readonly string[],
): TextSpan | undefined {
  const whole = text.slice(start, end);
  const linked = (part: string) => keepAllowedLinks(cleanText(part), allowedHosts).removed > 0;
  if (!linked(whole)) return { start, end };
  const links = [HTML_TAG, REFERENCE, MARKDOWN_LINK, SCHEME_LINK, RELATIVE_LINK, HOST_WITH_PATH, BARE_HOST]
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

function isAllowed(target: string, allowedHosts: readonly string[]): boolean {
  try {
    const absolute = /^[a-z][a-z0-9+.-]*:/i.test(target) ? target : `https://${target.replace(/^[/\\]{2}/, '')}`;
    const { protocol, hostname, username, pathname, search, hash } = new URL(absolute);
    if (!/^https?:$/.test(protocol) || username !== '') return false;
    // An address inside the address is where a forwarding page would lead.
    if (/[/\\]{2}[\w-]/.test(decoded(`${pathname}${search}${hash}`))) return false;
    return allowedHosts.some((host) =>
      host.startsWith('*.') ? hostname.endsWith(host.slice(1).toLowerCase()) : hostname === host.toLowerCase(),
    );
  } catch {
    return false;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Full-width letters and signs, and full stops of other scripts between letters, as ASCII: browsers take them so. */
function narrowLinks(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(/(?<=[\w-])[。｡．](?=[\w-])/g, '.');
}
