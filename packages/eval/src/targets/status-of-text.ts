import type { Answer } from '@fieldkit/core';
import { proseOf } from '../scorers/answer-text.ts';

const WILL_NOT =
  /\b(?:can ?not|can't|could not|couldn't|(?:am|are|'m|'re) (?:not able|unable|not allowed|not permitted) to|won't|will not|must decline|have to decline)\b/;
const TO_ANSWER = /\b(?:help|assist|answer|provide|share|disclose|discuss|comply|respond|decline|reveal|support)\b/;
const EVIDENCE =
  '(?:documents?|documentation|sources?|context|passages?|materials?|manuals?|texts?|records?|information|knowledge base|excerpts?)';
const SILENT: readonly RegExp[] = [
  new RegExp(
    `\\b${EVIDENCE}\\b[^.]{0,60}\\b(?:do(?:es)? not|don't|doesn't|did not|didn't)\\b[^.]{0,30}\\b(?:say|state|mention|specify|contain|include|provide|answer|cover|indicate|address|give|show)`,
  ),
  /\b(?:i|we)\b[^.]{0,20}\b(?:can ?not|can't|could not|couldn't|unable to|not able to|did not|didn't|do not|don't)\b[^.]{0,12}\b(?:find|determine|tell|locate|confirm|know|have (?:enough|any|sufficient|that|this))\b/,
  /\b(?:can ?not|could not|can't|couldn't) be (?:found|determined|answered|confirmed|established)\b/,
  new RegExp(`\\b(?:none|neither) of the\\b[^.]{0,40}\\b${EVIDENCE}\\b`),
  /\b(?:no|not enough|insufficient) (?:\w+ )?(?:information|evidence|mention|data|details?)\b/,
  new RegExp(
    `\\b(?:is|are) not (?:mentioned|stated|specified|given|provided|included|covered|available)\\b[^.]{0,30}\\b(?:in|by)\\b[^.]{0,20}\\b${EVIDENCE}`,
  ),
];
const HAN_EVIDENCE = '(?:资料|文档|文件|材料|上下文|内容|信息|记录|知识库|手册|原文|依据)';
const HAN_SILENT: readonly RegExp[] = [
  new RegExp(
    `${HAN_EVIDENCE}[^。]{0,20}(?:未|没有|没|不)[^。]{0,6}(?:提到|提及|说明|包含|涉及|给出|规定|找到|回答|显示|相关)`,
  ),
  new RegExp(`(?:^|我|${HAN_EVIDENCE})[^。，]{0,12}(?:无法|不能|难以)[^。]{0,4}(?:确定|判断|得知|得出|找到|确认)`),
  new RegExp(`(?:无法|不能)(?:根据|依据|从)[^。]{0,12}(?:${HAN_EVIDENCE})`),
  new RegExp(`(?:未|没有|没|未能)(?:找到|查到|检索到|搜到)[^。]*${HAN_EVIDENCE}`),
  new RegExp(`${HAN_EVIDENCE}[^。]{0,8}(?:找|查)不到`),
  new RegExp(`${HAN_EVIDENCE}不足`),
  /^我?不(?:知道|清楚)/,
];
const HAN_REFUSED: readonly RegExp[] = [
  /(?:^|我|助手|抱歉|遗憾|对不起|作为)[^。]{0,20}(?:无法|不能|不便|不可以|没办法|不会)[^。]{0,10}(?:回答|提供|透露|协助|帮助|帮您|告知|讨论|分享|答复)/,
  /(?:不在|超出)[^。]{0,12}(?:范围|职责)/,
];
/** An apology or greeting that something else follows. */
const PREAMBLE =
  /^(?:(?:i'm |i am )?(?:so |very )?sorry|apologies|unfortunately|抱歉|很遗憾|对不起|很抱歉|不好意思)[^.。!！:：,，;；]*(?:[.。!！]|[,，]?\s*but\b|[,，])\s*/;
const CONTRAST = /\b(?:but|however|nevertheless|although)\b|但|不过|然而/;

/**
 * Whether a text answers, says that the evidence does not hold the answer, or declines: for targets that tell nothing but text. English and
 * Chinese, by how the first sentence begins; a text that goes on with "but" has answered something.
 */
export function statusOfText(text: string): Answer['status'] {
  const prose = proseOf(text).normalize('NFKC').replace(/[’‘]/g, "'").toLowerCase().trim().replace(PREAMBLE, '');
  const [first = ''] = /^[^.。!！?？\n]*/.exec(prose) ?? [];
  if (CONTRAST.test(prose)) return 'answered';
  if (SILENT.some((pattern) => pattern.test(first)) || HAN_SILENT.some((pattern) => pattern.test(first)))
    return 'insufficient';
  const declines = /\b(?:i|we)\b/.test(first) && WILL_NOT.test(first) && TO_ANSWER.test(first);
  const outside = /\b(?:outside|beyond)\b[^.]{0,20}\b(?:scope|what (?:i|this assistant))/.test(first);
  if (declines || outside || HAN_REFUSED.some((pattern) => pattern.test(first))) return 'refused';
  return 'answered';
}
