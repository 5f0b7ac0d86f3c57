import { type EvidenceItem, sentenceSpans } from '@fieldkit/core';
import { z } from 'zod';

/** What may come in and go out, besides what is cited. Part of the pipeline plan. */
export const guardsSchema = z.strictObject({
  /** Hosts that links and images in answers may point to: `acme.com`, or `*.acme.com` for all below. Default none. */
  allowedHosts: z.array(z.string()).default([]),
  /**
   * Sentences in evidence that are addressed to a model ("ignore previous instructions"): `remove` hides them from the model and from
   * quotes and reports them, `report` only reports. Default `remove`.
   */
  instructions: z.enum(['remove', 'report']).default('remove'),
  personalData: z
    .strictObject({
      /** What is replaced by placeholders in the run's record. Default `secrets`. */
      logs: z.enum(['off', 'secrets', 'all']).default('secrets'),
      /** Whether a model sees placeholders instead; tools and the answer get the data back. Default false. */
      model: z.boolean().default(false),
    })
    .prefault({}),
  /** Own rules; each match is a finding, `refuse` also refuses the question or drops the sentence. Default none. */
  policies: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        on: z.enum(['input', 'output']),
        /** A JavaScript regular expression, matched without regard to case. */
        pattern: z.string().refine(isPattern, 'not a regular expression'),
        action: z.enum(['report', 'refuse']).default('report'),
      }),
    )
    .default([]),
});
export type GuardsPlan = Readonly<z.infer<typeof guardsSchema>>;
export type Policy = GuardsPlan['policies'][number];

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, 'iu');
    return true;
  } catch {
    return false;
  }
}

/** Policies that a text breaks. */
export function brokenPolicies(policies: readonly Policy[], on: Policy['on'], text: string): Policy[] {
  return policies.filter((policy) => policy.on === on && new RegExp(policy.pattern, 'iu').test(text));
}

/** ANSI sequences: CSI, OSC (with its end), and two-character escapes. */
const ANSI = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][\s\S]{0,400}?(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g;
/** Controls except tab and line feed; characters nobody sees; marks that turn the direction of text. */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]|\u034f|[\ufe00-\ufe0f]/gu;

/** Text as a person sees it: no terminal sequences, control characters or invisible characters; CRLF becomes LF. */
export function cleanText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(ANSI, '').replace(UNSEEN, '');
}

/** Whether a quote has characters that a terminal or a reader must not get. */
export function hasControls(text: string): boolean {
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text);
}

/** Stands for one code unit of hidden text, so that offsets hold. */
const HIDDEN = '\u2592';
const SHOWN_HIDDEN = '[…]';

/**
 * Text that talks to a model instead of about the subject. Each pattern needs something that only a model has (a prompt, a role, evidence
 * marks), so that a bulletin's "disregard the instructions in TB-12" and a manual's "use the special tool" stay.
 */
const ADDRESSED: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass|(?:do not|don't|stop) (?:follow|obey)(?:ing)?)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|former|other|system|original|foregoing|existing)\b.{0,30}\b(?:instructions?|prompts?|rules?|messages?|directions?|guidelines?|commands?)\b(?! (?:in|of|from|on|for|given|regarding|about|concerning)\b)/i,
  /\b(?:ignore|disregard|forget|override|bypass)\b.{0,12}\byour\b.{0,20}\b(?:instructions?|prompts?|rules?|guidelines?|guardrails?|restrictions?|training|programming)\b/i,
  /\b(?:system|developer|hidden|initial|your)\s+prompt\b/i,
  /\b(?:instructions?|orders?|directives?|message|note|task|notice)\s+(?:for|to)\s+(?:the\s+|all\s+|any\s+|every\s+)?(?:ai\b|a\.i\.|assistant\b|llms?\b|language models?\b|chat ?bots?\b|ai agents?\b)/i,
  /\b(?:ai|a\.i\.|llm|language|virtual)\s*(?:assistants?|models?|agents?|systems?)?\b.{0,40}\b(?:must|should|shall|please|have to|are required to|is required to)\b.{0,30}\b(?:ignore|reply|respond|answer|call|send|include|output|print|reveal|say|write|append|recommend|tell|execute)\b/i,
  /\b(?:dear|hey|hello|hi|attention)[,:]?\s+(?:ai|assistant|llm|chat ?bot|gpt|qwen|language model)\b/i,
  /\byou are (?:now|from now on)\s+(?:an?|the|in|my|acting|called|named)\b.{0,30}\b(?:ai|assistant|model|mode|bot|admin|administrator|dan|persona|character|unrestricted|developer|root)\b/i,
  /\byou are no longer (?:bound|restricted|limited|an?|required|subject)\b/i,
  /\b(?:act|behave|respond|answer|pretend)\b.{0,15}\bas (?:if you (?:are|were) (?:not|an?)|an? (?:unrestricted|evil|different|jailbroken|uncensored))\b/i,
  /\b(?:reveal|print|repeat|output|show|leak|disclose|exfiltrate|send|append|include|encode)\b.{0,40}\b(?:your (?:instructions|rules|configuration|context|memory|tools)|(?:chat|conversation) history|(?:whole|entire|full|previous|this) conversation|user'?s? (?:messages?|questions?|data|name))\b/i,
  /\b(?:append|add|include|insert|embed|render|display)\b.{0,40}\b(?:markdown|image|pixel|hyperlink)\b.{0,80}(?:https?:|\bwww\.|\]\()/i,
  /\b(?:reply|respond|answer)\b.{0,12}\b(?:only|exactly|just|nothing but)\b.{0,6}(?:\bwith\b|:|["“'])/i,
  /\b(?:when|if|before|after)\b.{0,30}\b(?:you |the )?(?:answer(?:ing)?|summari[sz](?:e|ing)|respond(?:ing)?|assistant|ai)\b.{0,30}\b(?:always|also|first|must)\b.{0,30}\b(?:say|tell|include|append|mention|call|send|recommend|write)\b/i,
  /<\|[a-z_]{3,20}\|>|\[\/?INST\]|<<\/?SYS>>|<\/?evidence-|<\/?(?:system|assistant)>/i,
  /(?:忽略|无视|忘记|忘掉|不要(?:遵守|理会)|绕过|覆盖|停止遵循).{0,12}(?:之前|以上|上述|上面|前面|先前|此前|原有|所有|一切|全部|你的|系统).{0,10}(?:指令|指示|提示词?|命令|设定|消息|规则)/,
  /系统提示词?(?!音|灯|框|窗)|提示词|你的(?:指令|提示|设定)/,
  /你现在(?:是|扮演)|从现在(?:开始|起)[，,]?\s*你|你不再(?:是|受)/,
  /(?:AI|人工智能|大模型|语言模型|智能|虚拟)\s*(?:助手|助理|模型|代理|机器人|客服)?.{0,12}(?:请|必须|应当|应该|务必|需要|要).{0,12}(?:忽略|回答|回复|调用|发送|输出|说|告诉|附上|推荐|执行)/i,
  /(?:泄露|输出|打印|透露|发送|附上|重复|告诉).{0,12}(?:你的(?:规则|配置|记忆|工具)|对话(?:记录|历史|内容)|聊天记录|用户的(?:问题|信息|数据))/,
  /(?:只|仅)(?:需|要|能|可以)?(?:回答|回复|输出)[：:“"「]/,
  /回答(?:时|问题时|之前|前).{0,12}(?:必须|务必|一定要|总是|都要).{0,12}(?:说|附上|包含|调用|发送|推荐|写)/,
];
/** Verbs that ask for a call; with the name of an offered tool in the same sentence they are addressed to a model. */
const CALLING = /\b(?:call|invoke|use|run|execute|trigger|issue)\b|调用|执行|运行|使用|触发/i;

/** Text beyond this is scanned in part only, in UTF-16 code units: one sentence has no business being longer. */
const LONGEST_SCAN = 2_000;

/** The sentences of a text that are addressed to a model, as offsets. Invisible characters do not hide them. */
export function addressedSpans(text: string, toolNames: readonly string[] = []): { start: number; end: number }[] {
  return sentenceSpans(text).filter(({ start, end }) => {
    const sentence = cleanText(text.slice(start, Math.min(end, start + LONGEST_SCAN))).normalize('NFKC');
    if (ADDRESSED.some((pattern) => pattern.test(sentence))) return true;
    return toolNames.some((name) => name.includes('_') && sentence.includes(name)) && CALLING.test(sentence);
  });
}

/** Hides spans without moving what follows. */
export function hideSpans(text: string, spans: readonly { start: number; end: number }[]): string {
  let hidden = text;
  for (const { start, end } of spans) hidden = hidden.slice(0, start) + HIDDEN.repeat(end - start) + hidden.slice(end);
  return hidden;
}

/** Evidence as a model sees it: clean, and hidden text shown as `[…]`. */
export function shownItem(item: EvidenceItem): EvidenceItem {
  const show = (text: string) => cleanText(text).replace(/\u2592+/g, SHOWN_HIDDEN);
  const { title, place, headings, context, text } = item;
  return {
    ...item,
    title: oneLine(show(title)),
    place: oneLine(show(place)),
    headings: headings.map((heading) => oneLine(show(heading))),
    context: show(context),
    text: show(text),
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

// Every repetition is bounded, and none can be read in two ways: hostile text costs no more than its length times the bound.
const MARKDOWN_LINK = /!?\[([^[\]\n]{0,300})\]\s?\([ \t\n]{0,4}<?([^)\s>]{0,2000})>?(?:\s[^)]{0,300})?\)/g;
const HTML_TAG = /<\/?[a-z][^<>]{0,1000}>/gi;
const REFERENCE = /^[ \t]{0,4}\[[^[\]\n]{1,200}\]:[ \t]*\S.*$/gm;
const BARE_LINK =
  /(?:\b[a-z][a-z0-9+.-]{1,20}:\/\/|\bwww\.|\b(?:javascript|data|vbscript|mailto|file):)[^\s<>"'）)\]，。；、】]*/gi;

/** Text whose links and images point to allowed hosts only; others leave their label or nothing. */
export function keepAllowedLinks(text: string, allowedHosts: readonly string[]): { text: string; removed: number } {
  let removed = 0;
  const drop = (instead: string) => {
    removed += 1;
    return instead;
  };
  const kept = text
    .replace(HTML_TAG, (tag) => (/(?:src|href|style|on\w+)\s*=/i.test(tag) ? drop('') : ''))
    .replace(REFERENCE, (line) => (isAllowed(line.replace(/^[^:]*:\s*/, '').trim(), allowedHosts) ? line : drop('')))
    .replace(MARKDOWN_LINK, (link: string, label: string, target: string) =>
      isAllowed(target, allowedHosts)
        ? link
        : drop(/^\d+$/.test(label) ? `[${label}]` : link.startsWith('!') ? '' : label),
    )
    .replace(BARE_LINK, (url) => (isAllowed(url, allowedHosts) ? url : drop('')));
  return { text: kept, removed };
}

function isAllowed(target: string, allowedHosts: readonly string[]): boolean {
  try {
    const { protocol, hostname, username } = new URL(target.startsWith('www.') ? `https://${target}` : target);
    if (!/^https?:$/.test(protocol) || username !== '') return false;
    return allowedHosts.some((host) =>
      host.startsWith('*.') ? hostname.endsWith(host.slice(1).toLowerCase()) : hostname === host.toLowerCase(),
    );
  } catch {
    return false;
  }
}
