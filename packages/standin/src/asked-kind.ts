const NUMBER = String.raw`(?:\d|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|a|an|[一二三四五六七八九十百两半])`;
/** Question forms, and what a sentence that answers them looks like. */
const KINDS: readonly (readonly [RegExp, RegExp])[] = [
  [
    /\b(?:how much|what|which)\b.*\b(?:price|costs?|fees?|rate|charged?|pay|paid|discount|fine|deposit|salary|compensation)\b|多少钱|多少元|收费|费用(?:是|要)?多少|价格|罚款/i,
    /[$€£¥%]|\b(?:eur|euros?|usd|dollars?|gbp|pounds?|cents?|per ?cent|free)\b|\d\s?[万千]?元|[百千万]元|百分之|免费/i,
  ],
  [
    /\bhow (?:long|often|soon|quickly|fast|late|early)\b|多久|多长时间|期限|几天|几年|几个月/i,
    new RegExp(
      `${NUMBER}[\\s-]*(?:second|minute|hour|day|week|month|year|season|time|秒|分钟|小时|天|日|周|星期|个?月|年)|\\b(?:daily|weekly|monthly|yearly|annually|every)\\b|每`,
      'i',
    ),
  ],
  [
    /\bhow (?:much|many|high|low|far|deep|heavy|big|large|hot|cold|wide|thick|tall)\b|多少|多大|多高|多重|几/i,
    /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half)\b|[一二三四五六七八九十百两]/i,
  ],
  [
    /\bwhen\b|\bwhat (?:date|day|time)\b|何时|什么时候|哪天|哪年/i,
    /\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|spring|summer|autumn|winter|before|after|until)\b|月|日|年/i,
  ],
  [
    /\bwho(?:m)?\b|谁|哪个部门|哪位/i,
    /@|\b(?:department|office|team|manager|officer|director|service|desk|staff|engineer|librarian|head)\b|\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+|部|处|科|经理|主任|负责/u,
  ],
];

/** What a sentence that answers the question looks like, if the question asks for a kind of thing. */
export function askedKind(question: string): RegExp | undefined {
  return KINDS.find(([asked]) => asked.test(question))?.[1];
}
