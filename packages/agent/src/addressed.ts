import { memoize, memoizeText, sentenceSpans, type TextSpan } from '@fieldkit/core';
import { readings } from './unmask-text.ts';

const INSTRUCTIONS =
  '(?:instructions?|prompts?|rules?|messages?|directions?|guidelines?|commands?|directives?|constraints?|policies|orders|restrictions?)';
const IGNORE =
  "(?:ignore|disregard|forget|override|overrule|bypass|neglect|discard|skip|dismiss|(?:do not|don[’']t|never|stop) (?:follow|obey|comply with|adhere to|listen to)(?:ing)?)";
const EARLIER =
  '(?:previous|prior|above|earlier|preceding|former|other|system|original|foregoing|existing|initial|past|old|current|given|developer)';
const SPEAK = '(?:say|tell|reply|respond|answer|repeat|print|output|state|claim|announce|write)';

/**
 * Text that talks to a model instead of about the subject. Each pattern needs something that only a model has (a prompt, a role, evidence
 * marks), so that a bulletin's "disregard the instructions in TB-12" and a manual's "use the special tool" stay. Repetitions are bounded.
 */
const ENGLISH: readonly RegExp[] = [
  new RegExp(
    `\\b${IGNORE}\\b.{0,40}\\b${EARLIER}\\b.{0,30}\\b${INSTRUCTIONS}\\b(?! (?:in|of|from|on|for|given|regarding|about|concerning)\\b)`,
    'i',
  ),
  new RegExp(
    `\\b${IGNORE}\\b.{0,12}\\b(?:all|any|every)\\b.{0,12}\\b(?:instructions?|prompts?|guidelines?|directives?)\\b.{0,30}\\b(?:above|before|so far|you|that came|until now|up to (?:now|this point))\\b`,
    'i',
  ),
  new RegExp(
    `\\b${IGNORE}\\b.{0,30}\\b(?:everything|all|anything|what(?:ever)?)\\b.{0,20}\\b(?:above|before this|said (?:so far|before)|you (?:were|have been) (?:told|given|instructed)|came before)\\b`,
    'i',
  ),
  /\b(?:ignore|disregard|forget|override|bypass)\b.{0,12}\byour\b.{0,20}\b(?:instructions?|prompts?|rules?|guidelines?|guardrails?|restrictions?|training|programming|context|task|safety)\b/i,
  /(?:ignore|disregard|forget|override|bypass)(?:all|any|the|of|your|my){0,3}(?:previous|prior|above|earlier|preceding|system|original)(?:instruction|prompt|rule|message|direction|guideline|command)/i,
  /\b(?:reveal|print|repeat|output|show|leak|disclose|send|append|include|encode|copy|quote|display|dump|give|tell|recite|write|translate|summari[sz]e|exfiltrate|ignore|forget|override|change|replace|what is|what are)\b.{0,40}\b(?:system|developer|hidden|initial|original|secret|pre)[ -]?prompts?\b(?! the| an?\b| operators?| users?| for\b| you\b| them\b)|\byour (?:system |hidden |initial )?prompts?\b|\bsystem ?prompt\s*[:：]/i,
  /\b(?:new|updated|revised|real|actual|true|secret|hidden|additional)\s+system\s+(?:instructions?|message|directives?|rules?)\b/i,
  /\b(?:instructions?|orders?|directives?|message|note|task|notice|reminder|hint|information)\s+(?:for|to)\s+(?:the\s+|all\s+|any\s+|every\s+|our\s+|whichever\s+)?(?:ai\b|a\.i\.|(?:ai |virtual |digital |chat )?assistants?\b|llms?\b|language models?\b|large language|chat ?bots?\b|ai agents?\b|(?:answering|reading|processing) (?:model|system|agent)|models? (?:reading|processing|answering))/i,
  /\b(?:ai|a\.i\.|llms?|language|virtual|chat)\s*(?:assistants?|models?|agents?|systems?|bots?)?\b.{0,40}\b(?:must|should|shall|please|has to|have to|need(?:s)? to|(?:are|is) (?:required|instructed|asked|told|ordered|authori[sz]ed) to|will now)\b.{0,30}\b(?:ignore|reply|respond|answer|call|send|include|output|print|reveal|say|write|append|recommend|tell|execute|invoke|add|show|disclose|approve|comply)\b/i,
  new RegExp(
    `\\b(?:the|this|any|every) (?:assistant|chat ?bot|language model|answering (?:model|system))\\b.{0,10}\\b(?:must|should|shall|has to|needs to|is (?:required|instructed|asked|ordered) to)\\b.{0,20}\\b(?:ignore|${SPEAK.slice(3, -1)}|include|append|reveal|disclose|comply|invoke)\\b`,
    'i',
  ),
  /\b(?:dear|hey|hello|hi|attention|listen|ok|okay)[,:]?\s+(?:ai|assistant|llm|chat ?bot|chatgpt|gpt|qwen|claude|gemini|llama|copilot|language model)\b/i,
  /(?:^|[\s"'(])@?(?:chatgpt|assistant|ai|llm|chat ?bot|qwen|claude|gemini|copilot)\s*[,:]\s*(?:please|you|now|ignore|do|say|call|include|tell|reply|respond|print|add|when|if|your)\b/i,
  /\b(?:you are|you're|you will be|act as|acting as|pretend to be|as) an? (?:ai|a\.i\.|artificial intelligence|large language model|language model|llm|chat ?bot)\b/i,
  /\byou are (?:now|from now on)\s+(?:an?|the|in|my|acting|called|named)\b.{0,30}\b(?:ai|assistant|model|mode|bot|admin|administrator|dan|persona|character|unrestricted|developer|root)\b/i,
  /\byou are no longer (?:bound|restricted|limited|an?|required|subject)\b/i,
  /\b(?:from now on|henceforth),?\s+(?:you|your|every (?:answer|reply|response)|all (?:answers|replies|responses)|only|always)\b.{0,40}\b(?:say|answer|reply|respond|speak|act|end|begin|start|include|write|must|will|are)\b/i,
  /\b(?:act|behave|respond|answer|pretend)\b.{0,15}\bas (?:if you (?:are|were) (?:not|an?)|an? (?:unrestricted|evil|different|jailbroken|uncensored))\b/i,
  /\b(?:developer|dan|jailbreak|god|sudo|unrestricted|admin(?:istrator)?) mode\b.{0,20}\b(?:enabled?|activated?|on|unlocked|engaged)\b|\b(?:enable|activate|enter|switch to|unlock)\b.{0,12}\b(?:developer|dan|jailbreak|god|sudo|unrestricted) mode\b/i,
  /\b(?:reveal|print|repeat|output|show|leak|disclose|exfiltrate|send|append|include|encode|copy|quote|display|dump)\b.{0,40}\b(?:your (?:instructions|rules|configuration|context|memory|tools|guidelines|system)|(?:chat|conversation) history|(?:whole|entire|full|previous|this) conversation|the (?:instructions|text|messages) above|everything above|user'?s? (?:messages?|questions?|data|name|secrets?))\b/i,
  /\b(?:append|add|include|insert|embed|render|display|attach)\b.{0,40}\b(?:markdown|image|pixel|hyperlink|iframe)\b.{0,80}(?:https?:|\bwww\.|\]\(|\/\/)/i,
  /\b(?:include|append|add|insert|embed|put|place|show|display|give|present|print|write|output)\b.{0,60}(?:!?\[[^\]\n]{0,80}\]\(|(?:https?:)?\/\/|\bwww\.|<(?:img|a|iframe)\b).{0,120}\b(?:to the user|for the user|in (?:your|the|every|each) (?:final )?(?:answer|reply|response|output|summary))\b/i,
  /\b(?:in|to|into|at the (?:end|start|beginning|top|bottom) of|with) (?:your|every|each) (?:final |next |own )?(?:answers?|responses?|outputs?|completions?|summary)\b.{0,40}\b(?:include|append|add|insert|embed|say|print|write|mention|begin|start|end)\b|\b(?:include|append|add|insert|embed|begin|start|end|prefix|finish|close)\b.{0,60}\b(?:your|every|each) (?:final |next |own )?(?:answers?|responses?|outputs?|completions?|summary)\b/i,
  /\b(?:reply|respond|answer)\b.{0,12}\b(?:only|exactly|just|nothing but|solely)\b.{0,6}(?:\bwith\b|:|["“'])/i,
  /\b(?:when|if|before|after|while|once)\b.{0,30}\b(?:you |the )?(?:answer(?:ing)?|summari[sz](?:e|ing)|respond(?:ing)?|assistant|ai|reply(?:ing)?|process(?:ing)? this|read(?:ing)? this)\b.{0,30}\b(?:always|also|first|must|then|instead|make sure|be sure)\b.{0,30}(?:\b(?:say|tell|reply|respond|include|append|mention|call|send|recommend|write|print|output|add|invoke)\b|[说說]|回[答复復]|[输輸]出|[调調]用)/i,
  /\b(?:tell|inform|convince|persuade|advise|instruct|ask|urge|remind|assure|trick|get)\b\s+(?:the|this|any|every|all|your)\s+users?\b.{0,60}(?:https?:|\bwww\.|\b(?:password|credit card|card number|\bpin\b|passcode|wire|transfer money|bank (?:account|details)|gift card|bitcoin)|["“‘「])/i,
  /\b(?:asks?|asked|requests?|requires?|instructs?|urges?|tells?|invites?|reminds?|begs?|wants?|needs?)\b.{0,20}\b(?:every|each|all|any|the|whoever)\s*(?:readers?|users?|assistants?|agents?|bots?|systems?|models?|parsers?|reads this)?\b.{0,10}\bto\s+(?:say|repeat|print|output|append|invoke|embed|reveal|recite|render|(?:reply|respond|answer) (?:with|only|by|that)|include (?:!?\[|https?:|["“])|(?:show|display|write|add) (?:!?\[|<|https?:|www\.|["“]))/i,
  new RegExp(
    `^[#>*•"'(\\[\\s-]{0,20}(?:system|developer|assistant|admin(?:istrator)?|root|operator override|ai|llm|important|urgent|attention|override|instruction|command|task|note|p\\.?s\\.?)\\s*(?:message|prompt|instructions?|note|override|update|command|notice|alert)?\\s*[\\])]?\\s*[:：>-]+\\s*(?:please |now |you must |you should |always |first |immediately |kindly )*(?:${SPEAK.slice(3, -1)}|ignore|disregard|forget|reveal|invoke|(?:call|run|execute|use)\\s+(?:the\\s+)?(?:tool\\s+|function\\s+)?[a-z]+_[a-z_]+|(?:include|append|insert|embed|show|display|add|render)\\s+(?:!?\\[|<|https?:|www\\.|["“'\\u001b]|the following|this (?:link|image|text))|you are)`,
    'i',
  ),
  /\b(?:do not|don't|never|without)\s+(?:tell(?:ing)?|mention(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|inform(?:ing)?|alert(?:ing)?|notify(?:ing)?)\b.{0,30}\b(?:to the user|the user\b(?! manual| guide| interface)|this (?:instruction|message|note|text|prompt))\b/i,
  /\b(?:decode|decrypt|base64|rot13|unscramble|reverse)\b.{0,60}\b(?:and (?:then )?(?:follow|execute|obey|do|run|comply)|instructions?)\b/i,
  /\b(?:follow|obey|execute|comply with|carry out|do)\b.{0,20}\b(?:these|the following|this|my)\b.{0,12}\b(?:instructions?|commands?|orders?)\b.{0,20}\b(?:instead|only|from now|first|above all|immediately|exactly|without question)\b/i,
  /\b(?:end of|begin|start of|end|close|new)\s+(?:the\s+)?(?:system|user|assistant|retrieved|tool|evidence|untrusted|conversation)\s*(?:prompts?|messages?|instructions?|turns?|contexts?|data|results?|outputs?|input)\b/i,
  /\b(?:call|invoke|run|execute|use|trigger|issue)\b.{0,20}\btools?\b.{0,20}\b[a-z]+_[a-z_]+\b|\b[a-z]+(?:_[a-z]+)+\b["'`]?\s*(?:tool |function )?(?:(?:with|using|passing|，?参数)\s*(?:the )?(?:arguments?|parameters?|input)?\s*[:=]?\s*\{|\(\s*\{\s*["'])/i,
  /"(?:name|tool|tool_name|function|action|recipient_name)"\s*:\s*"[a-z]+_[a-z_]+".{0,80}"(?:arguments|parameters|args|input|action_input)"\s*:/i,
  /["']role["']\s*:\s*["'](?:system|developer|assistant|user|tool)["']/i,
  /^(?:action|tool|function)(?: input| name)?\s*:\s*[a-z]+_[a-z_]+\b/i,
  /<\|[^|<>\s]{2,40}\|>|<｜[^｜<>]{2,40}｜>|\[\/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|<<\/?SYS>>|<\/?(?:start|end)_of_turn>|<\/?(?:im_start|im_end|system|assistant|tool_calls?|tool_response|tool_result|function_calls?|function_results?|antml:[a-z_]+|invoke|evidence-?|documents?_end|untrusted[a-z_-]{0,20})(?:[\s:=-][^<>]{0,100})?>|<\/?evidence-|^#{2,6}\s*(?:system|human|assistant)\s*(?:prompt|message)?\s*:|^-{3,} (?:text [0-9a-z]{6,}|end|begin|system|user)\b/i,
];
/** Simplified and traditional. */
const CHINESE: readonly RegExp[] = [
  /(?:忽略|无视|無視|忘记|忘記|忘掉|不要(?:遵守|理会|理會|听从|聽從|执行|執行)|绕过|繞過|覆盖|覆蓋|停止遵循|抛开|拋開|放弃|放棄|不必(?:遵守|理会)|取消).{0,12}(?:之前|以上|上述|上面|前面|先前|此前|原有|所有|一切|全部|你的|系统|系統|任何|当前|當前|既有).{0,10}(?:指令|指示|提示词?|提示詞|命令|设定|設定|消息|规则|規則|要求|限制|约束|約束|内容|內容|安全)/,
  /(?:[输輸]出|泄露|洩露|打印|透露|重[复複]|[显顯]示|告[诉訴]|[发發]送|公[开開]|[说說]出|[复複]述|展示|[给給]出|忽略|改[写寫]|翻[译譯]).{0,12}(?:系[统統]|[隐隱]藏|初始|[开開][发發]者|完整|上述|以上|你的)的?(?:提示[词詞]?|prompt)(?![音灯燈框窗])|你的(?:指令|提示|[设設]定|[规規][则則])|系[统統]提示[词詞]?\s*[:：]/i,
  /你[现現]在(?:是|扮演|要|必须|必須|需要)|[从從][现現]在(?:[开開]始|起)[，,]?\s*你(?![们們])|你不再(?:是|受)|(?:进入|進入|[启啟][动動用]|切换到|切換到|[开開][启啟]).{0,4}(?:开发者|開發者|越狱|越獄|管理员|管理員|上帝|无限制|無限制)模式|作为(?:一个|一名)?(?:AI|人工智能|大?语言模型)/,
  /(?:(?<![a-z])AI(?![a-z])|人工智能|大模型|[语語]言模型|智能|[虚虛][拟擬]|[对對][话話])\s*(?:助手|助理|模型|代理|[机機]器人|客服|系[统統])?.{0,12}(?:[请請]|必[须須]|[应應][当當]|[应應][该該]|[务務]必|需要|要).{0,12}(?:忽略|回答|回[复復]|[调調]用|[发發][送出]|[输輸]出|[说說]|告[诉訴]|附上|推[荐薦]|[执執]行|打印|[写寫]|加入|包含|[显顯]示)/i,
  /(?:泄露|洩露|[输輸]出|打印|透露|[发發]送|附上|重[复複]|告[诉訴]|[显顯]示|[复複][制製]).{0,12}(?:你的(?:[规規][则則]|配置|[记記][忆憶]|工具|指令)|[对對][话話](?:[记記][录錄]|[历歷]史|[内內]容)|聊天[记記][录錄]|用[户戶]的(?:[问問][题題]|信息|[数數][据據]|密[码碼])|以上(?:全部|所有)?[内內]容)/,
  /(?:只|[仅僅])(?:需|要|能|可以)?(?:回答|回[复復]|[输輸]出)[：:“"「]/,
  /回(?:答|[复復])(?:[时時]|[问問][题題][时時]|之前|前|中|的?(?:最后|末尾|[开開][头頭]|[结結]尾)).{0,12}(?:必[须須]|[务務]必|一定要|[总總]是|都要|[请請]|加上|附上|插入|包含).{0,12}(?:[说說]|附上|包含|[调調]用|[发發]送|推[荐薦]|[写寫]|加上|插入|[“"「![h])/,
  /(?:[请請]|要求|[务務]必|必[须須]|[应應][该該]?).{0,6}(?:[读讀]者|助手|模型|(?<![a-z])AI(?![a-z])|智能体|機器人|机器人).{0,10}(?:[说說]|回[复復]|回答|[输輸]出|打印|包含|[调調]用|附上|[执執]行)/i,
  /(?:告[诉訴]|通知|[请請]|[让讓]|要求|引[导導])用[户戶].{0,20}(?:https?:|www\.|密[码碼]|[银銀]行卡|[转轉][账帳]|[汇匯]款|[验驗][证證][码碼]|[“"「])/,
  /^[#>*\-\s【[(]{0,20}(?:系[统統]|[开開][发發]者|管理[员員]|助手|AI|重要|[紧緊]急|注意|system|important|note|attention|assistant|developer)\s*(?:消息|指令|提示|通知|[说說]明|命令|message|prompt)?[】\])]?\s*[:：]\s*(?:[请請]|必[须須]|立即|[现現]在|[务務]必|please ){0,4}(?:忽略|回答|回[复復]|[输輸]出|[说說]\s*[“"「A-Z]|打印|[调調]用|[执執]行\s*[a-z]+_|展示(?:链接|鏈接|图片|圖片)|泄露|你[现現]在|把.{1,40}(?:[写寫]|加|放)[进進入到]|say\b|reply\b|print\b|output\b|repeat\b|tell the user)/i,
  /(?:[写寫][进進入]|加入|加到|放[进進入到]|插入|附在|附到|包含在).{0,4}(?:你的)?(?:回答|[输輸]出|回[应應]|答[复復])(?![卡表纸紙]|[邮郵]件)/,
  /(?:前述|上述|以上|之前|先前|此前|原有|既有|所有|一切).{0,6}(?:指令|指示|提示[词詞]?|命令|[规規][则則]|要求|[设設]定).{0,6}(?:作[废廢]|失效|[丢丟][弃棄]|推翻|清除|[无無]效)(?!日|期|后|後)/,
  /不要(?:告[诉訴]|[让讓]|通知|提醒).{0,6}用[户戶]/,
  /新的?(?:系[统統])?(?:指令|命令)[:：]|(?:解[码碼]|[译譯][码碼]).{0,20}(?:并|並|然后|再)?(?:[执執]行|遵循|照做)/,
  /(?:[调調]用|[执執]行|[运運]行|使用|触发|觸發).{0,8}(?:工具|函[数數]|接口)?\s*[`"“]?[a-z]+_[a-z_]+[`"”]?.{0,10}(?:(?:参数|參數).{0,3}\{|[({]\s*[{"])/i,
];
/**
 * The same in other languages, in any order of words: earlier instructions that are to be ignored; a machine that is to answer with given
 * words; a message of the system with such words.
 */
const IGNORING =
  'ignor|olvid|descart|omite|omita|desconsider|esque[cç]|dimentic|trascur|oubli|obéis|vergiss|vergess|missacht|beachte[nt]? (?:sie )?nicht|negeer|vergeet|glöm|bortse|strunta|glem|se bort|unohda|sivuuta|jätä huomiotta|zignoruj|ignoruj|zapomnij|pomiń|zapome|nedbej|uită|neglij|figyelmen kívül|felejts|αγν[οό]ησ|ξέχα|ξεχά|yok say|unut|görmezden gel|dikkate alma|забуд|игнор|не следуй|отмени|ігнор|تجاهل|انس |نادیده|فراموش|התעלמ|התעלם|שכח|अनदेखा|नज़रअंदाज़|भूल|উপেক্ষা|ভুলে|เพิกเฉย|ไม่ต้องสนใจ|ลืม|bỏ qua|phớt lờ|quên|abaikan|lupakan|無視|忘れ|従わな|무시|잊';
const INSTRUCTED =
  'instruc|instruk|instruç|istruzion|consign|directiv|directio|règle|reglas|regras|regole|indicacion|órdenes|ordenes|ordens|anweisung|instruktion|vorgabe|regeln|befehl|opdracht|ohje|määräy|polece|pokyn|příkaz|utasítás|οδηγί|οδηγι|εντολ|talimat|komut|инструкц|указани|правил|команд|інструкц|вказів|تعليمات|أوامر|توجيهات|دستور|הוראות|הנחיות|निर्देश|आदेश|নির্দেশ|আদেশ|คำสั่ง|คำแนะนำ|hướng dẫn|chỉ dẫn|mệnh lệnh|instruksi|perintah|praecept|指示|命令|ルール|プロンプト|지시|명령|규칙|프롬프트'.split(
    '|',
  );
const BEFORE =
  'anterior|previ[aeo]|previou|précédent|antérieur|ci-dessus|bisherig|vorherig|vorangegangen|obig|früher|precedent|acima|arriba|sopra|eerdere|vorige|voorgaande|tidigare|föregående|tidligere|ovenstående|aiemm|aikaisem|edelli|poprzedni|wcześniejsz|předchozí|dosavadní|korábbi|előző|προηγούμεν|παραπάνω|önceki|yukarıdaki|предыдущ|прежн|системн|попередн|السابق|أعلاه|سابقة|قبلی|بالا|הקודמ|לעיל|पिछल|उपरोक्त|আগের|পূর্ববর্তী|ก่อนหน้า|ข้างต้น|trước|ở trên|sebelumnya|di atas|priora|système|以前|上記|これまで|前の|以上の|이전|위의|앞의|기존';
const MACHINE =
  '(?<!\\p{L})(?:ai|ia|ki|mi|ии|ші|llm|gpt)(?!\\p{L})|chat ?bot|sprachmodell|modelo d[eo] l|modèle de langage|modello linguistico|taalmodel|språkmodell|sprogmodel|kielimalli|tekoäly|model[a-ząęu]* język|jazykov[a-zýé]* model|lingvistic|nyelvi modell|γλωσσικό μοντέλο|τεχνητής νοημοσύνης|yapay zek|dil modeli|языков.{0,4} модел|искусственн.{0,4} интеллект|нейросет|мовн.{0,4} модел|الذكاء الاصطناعي|النموذج اللغوي|هوش مصنوعی|مدل زبانی|בינה מלאכותית|מודל השפה|एआई|भाषा मॉडल|এআই|ভাষা মডেল|โมเดลภาษา|ปัญญาประดิษฐ์|trí tuệ nhân tạo|mô hình ngôn ngữ|kecerdasan buatan|model bahasa|人工知能|人工智[慧能]|言語モデル|語言模型|语言模型|인공지능|언어 모델';
const REPLYING =
  'respond|respuesta|respost|rispo|répon|antwort|antwoord|svar|vasta|odpow|odpov|răspun|válasz|απ[αά]ντ|yanıt|cevap|ответ|отвеч|відпов|أجب|إجاب|پاسخ|השב|תשוב|उत्तर|जवाब|উত্তর|জবাব|ตอบ|trả lời|jawab|responso|回答|答え|答覆|回覆|答复|回复|답';
const NOTICE =
  'mensaje d[ae]l? sistema|message (?:du )?système|systemnachricht|systemmeldung|messaggio di sistema|mensagem d[eo] sistema|systeembericht|systemmeddelande|systembesked|järjestelmäviesti|komunikat systemowy|systémová zpráva|mesaj de sistem|rendszerüzenet|μήνυμα συστήματος|sistem mesajı|системное сообщение|системне повідомлення|رسالة النظام|پیام سیستم|הודעת מערכת|सिस्टम संदेश|সিস্টেম বার্তা|ข้อความระบบ|thông báo hệ thống|pesan sistem|システムメッセージ|시스템 메시지|[系][统統](?:通知|消息|訊息|指令)|system (?:message|notice)';
/** Words that somebody else chose: between quotation marks, or shouted. */
const GIVEN_WORDS = '["“”„«»「『‘‹]|(?<![\\p{L}\\p{N}])[A-Z][A-Z0-9_-]{4,}';
const GIVEN = new RegExp(GIVEN_WORDS, 'u');
/** Of a reading in small letters. */
const all = (...words: readonly string[]) => words.map((word) => new RegExp(word, 'u'));
const SYSTEM_PROMPT = ['システムプロンプト', '시스템 프롬프트'];
const IGNORED_BEFORE = all(IGNORING, BEFORE);
const WITH_GIVEN_WORDS: readonly (readonly RegExp[])[] = [all(MACHINE, REPLYING), all(NOTICE, REPLYING)];
/** One sentence is no longer than this, in UTF-16 code units. */
const LONGEST_ORDER = 400;

function isOrderElsewhere(reading: string): boolean {
  if (reading.length > LONGEST_ORDER) return false;
  const lower = reading.toLowerCase();
  const holds = (patterns: readonly RegExp[]) => patterns.every((pattern) => pattern.test(lower));
  // Plain words first: most sentences have none, and looking for them costs a tenth of a pattern.
  return (
    (INSTRUCTED.some((word) => lower.includes(word)) && holds(IGNORED_BEFORE)) ||
    (GIVEN.test(reading) && WITH_GIVEN_WORDS.some(holds)) ||
    SYSTEM_PROMPT.some((word) => lower.includes(word))
  );
}

/** What a sentence must have for any pattern of a group to hold: most have none of it. */
const GROUPS: readonly { readonly needs: RegExp; readonly patterns: readonly RegExp[] }[] = [
  {
    needs:
      /["']role["']|ignore|disregard|forget|overrid|overrul|bypass|neglect|discard|skip|dismiss|obey|adhere|(?:don[’']t|do not|never|stop) (?:follow|comply|listen)|prompt|system (?:instr|mess|direc|rule)|(?<![a-z])a\.?i\b|assistant|llm|language model|chat ?bot|virtual|gpt|qwen|claude|gemini|llama|copilot|(?:answering|reading|processing) |models? (?:read|proc|answ)|you(?:'re| are) |you will be|act as|acting as|from now|henceforth|as (?:if you|an? (?:unr|evil|diff|jail|unc))|\bmode\b|your (?:instr|rule|conf|context|mem|tool|guid|syst|next|final|own|answer|resp|outp|compl|summ|reply)|(?:every|each|the|final) (?:final |next |own )?(?:answer|response|output|completion|summary|repl)|conversation|chat history|above|before this|users?\b|https?:|www\.|\]\(|\/\/|<|［|\[\/?[a-z]{3}|｜|(?:reply|respond|answer)\w{0,3}\b.{0,12}\b(?:only|exactly|just|nothing|solely)|(?:when|if|before|after|while|once)\b.{0,30}(?:answer|summari|respon|reply|process|read)|\bto (?:say|repeat|print|output|append|invoke|embed|reveal|recite|render|reply|respond|answer|include|show|display|write|add)|^[^a-z]{0,20}(?:system|developer|admin|root|operator over|important|urgent|attention|instruction|command|task|note|p\.?s)|this (?:instr|mess|note|text|prompt)|decode|decrypt|base64|rot13|unscramble|reverse|(?:these|following|this|my)\b.{0,12}(?:instruction|command|order)|(?:end|begin|start|close|new)(?: of)? (?:the )?(?:system|user|assistant|retrieved|tool|evidence|untrusted|conversation)|[a-z]_[a-z]|^#{2}|^-{3}/i,
    patterns: ENGLISH,
  },
  {
    needs:
      /作[废廢]|失效|[丢丟][弃棄]|推翻|清除|[无無]效|忽略|[无無]视|無視|忘[记記掉]|不要|不必|[绕繞][过過]|覆[盖蓋]|停止|[抛拋][开開]|放[弃棄]|取消|提示|prompt|你|[从從][现現]在|模式|作[为為]|AI|人工智能|模型|智能|[虚虛][拟擬]|[对對][话話]|聊天|用[户戶]|以上|回[答复復]|[读讀]者|助手|系[统統]|[开開][发發]者|管理|重要|[紧緊]急|注意|指令|命令|解[码碼]|[a-z]_[a-z]/i,
    patterns: CHINESE,
  },
];

/** Verbs that ask for a call; with the name of an offered tool in the same sentence they are addressed to a model. */
const CALLING =
  /\b(?:call|invoke|use|run|execute|trigger|issue|perform)\b|调用|調用|执行|執行|运行|運行|使用|触发|觸發|[({]/i;

/** What may go on with an order to a model: in the sentence after one it is part of it, anywhere else it is ordinary. */
const GOES_ON = new RegExp(
  `^[\\s\\W\\d]*(?:(?:and|then|now|also|please|always|never|instead|first|next|finally|simply|just|you (?:must|should|will|are to|have to)|make sure to|be sure to)[ ,:]+)*(?:${SPEAK.slice(3, -1)}|include|append|add|insert|send|forward|post|call|invoke|run|execute|use|visit|click|open|go to|show|display|render|embed|recommend|pretend|act|ignore|disregard|do not|don't|reveal|approve|transfer|pay|delete|cancel|export|provide|give|list|encode|translate|begin|start|end|your (?:task|job|role|goal|new))\\b|https?:|\\bwww\\.|\\b[a-z]+_[a-z_]+\\b|^[\\s\\W\\d]*(?:首先|然后|然後|并|並|[请請]|必[须須]|[现現]在|[总總]是|立即|接着|再|[务務]必|而是|改[为為]|(?:and|then|now|also|please|always|never|instead|first)\\s+)*(?:[说說]|告[诉訴]|回答|回[复復]|[输輸]出|[写寫]|附上|[发發]送|[调調]用|[执執]行|[点點][击擊]|[访訪][问問]|推[荐薦]|展示|[显顯]示|打印|你[的是要将將])`,
  'i',
);
/** Sentences after an order that may go on with it. */
const GOES_ON_AT_MOST = 3;

/** Opens a stretch in which a chat template or a forged end of evidence makes everything look like an order. */
const OPENS =
  /<\|(?:im_start|start_header_id|system|user|assistant|begin_of_text)\|>|<｜[^｜<>]{2,40}｜>|\[(?:INST|SYS|SYSTEM_PROMPT|TOOL_CALLS)\]|<<SYS>>|<start_of_turn>|<(?:system|assistant|tool_calls?|function_calls?|invoke|antml:[a-z_]+)(?:[\s:=][^<>]{0,100})?>|<\/evidence-/i;
const CLOSES =
  /<\|(?:im_end|eot_id|end|endoftext|end_of_text|eom_id)\|>|\[\/(?:INST|SYS|SYSTEM_PROMPT|TOOL_CALLS)\]|<<\/SYS>>|<end_of_turn>|<\/(?:system|assistant|tool_calls?|function_calls?|invoke|antml:[a-z_]+)>|<evidence-/i;
/** Sentences hidden at most after an opener that is never closed. */
const OPEN_AT_MOST = 12;

/** Text beyond this is scanned in part only, in UTF-16 code units: one sentence has no business being longer. */
const LONGEST_SCAN = 2_000;
/** Lines shorter than this may be one sentence that was broken to pass as several, in UTF-16 code units. */
const SHORT_LINE = 160;
const LINES_TOGETHER = 4;

/**
 * The sentences of a text that are addressed to a model, as offsets, with those that go on with the order. Invisible characters, look-alike
 * letters, entities, encodings and line breaks do not hide them.
 */
export function addressedSpans(text: string, toolNames: readonly string[] = []): readonly TextSpan[] {
  return scannerFor(toolNames.join(' '))(text);
}

/** The same passages come again and again, with the tools of the same few plans. */
const scannerFor = memoize(20, (names) =>
  memoizeText(1_000_000, (text): readonly TextSpan[] => scan(text, names.split(' '))),
);

function scan(text: string, toolNames: readonly string[]): TextSpan[] {
  const spans = sentenceSpans(text);
  const names = toolNames.filter((name) => name.includes('_'));
  const read = spans.map(({ start, end }) => text.slice(start, Math.min(end, start + LONGEST_SCAN)));
  const bad = read.map((sentence) => isAddressed(sentence, names));
  joinBrokenLines(read, bad, names);
  hideTemplates(read, bad);
  for (const [index, order] of [...bad].entries()) {
    if (!order) continue;
    for (let next = index + 1; next <= index + GOES_ON_AT_MOST && bad[next] === false; next += 1) {
      if (!readings(read[next] ?? '').some((reading) => GOES_ON.test(reading))) break;
      bad[next] = true;
    }
  }
  return spans.filter((_, index) => bad[index] === true);
}

/** Whether one sentence is addressed to a model. */
export function isAddressed(sentence: string, toolNames: readonly string[]): boolean {
  return readings(sentence).some(
    (reading) =>
      GROUPS.some(({ needs, patterns }) => needs.test(reading) && patterns.some((pattern) => pattern.test(reading))) ||
      isOrderElsewhere(reading) ||
      (toolNames.some((name) => reading.includes(name)) && CALLING.test(reading)),
  );
}

/** Whether a sentence that begins a text goes on with an order at the end of the text before it. */
export function continuesOrder(end: string, beginning: string, toolNames: readonly string[] = []): boolean {
  if (OPENS.test(end) && !CLOSES.test(end)) return true;
  if (/[.!?。！？]["'”’)\]]*\s*$/.test(end)) return false;
  const names = toolNames.filter((name) => name.includes('_'));
  if (isAddressed(end, names)) return readings(beginning).some((reading) => GOES_ON.test(reading));
  return joins(end, beginning).some((joined) => isAddressed(joined, names)) && !isAddressed(beginning, names);
}

function joinBrokenLines(read: readonly string[], bad: boolean[], names: readonly string[]): void {
  for (let from = 0; from + 1 < read.length; from += 1) {
    if (bad[from] !== false || isEnded(read[from])) continue;
    let to = from;
    let joined = [read[from] ?? ''];
    while (to - from + 1 < LINES_TOGETHER && bad[to + 1] === false && !isEnded(read[to])) {
      to += 1;
      const next = read[to] ?? '';
      joined =
        joined.length === 1 ? joins(joined[0] ?? '', next) : joined.map((line, how) => joins(line, next)[how] ?? line);
    }
    if (to > from && joined.some((line) => isAddressed(line, names))) bad.fill(true, from, to + 1);
  }
}

/** Two lines as one, broken between words and inside one. */
function joins(line: string, next: string): string[] {
  return [`${line} ${next}`, `${line.replace(/[-\u00ad]$/, '')}${next}`];
}

function isEnded(line: string | undefined): boolean {
  return line === undefined || line.length > SHORT_LINE || /[.!?。！？；;]["'”’)\]]*$/.test(line);
}

function hideTemplates(read: readonly string[], bad: boolean[]): void {
  let left = 0;
  for (const [index, sentence] of read.entries()) {
    const opens = OPENS.test(sentence);
    if (opens) left = OPEN_AT_MOST;
    if (left > 0 || opens) bad[index] = true;
    left = CLOSES.test(sentence) && !opens ? 0 : left - 1;
  }
}

/** Hides spans without moving what follows. */
export function hideSpans(text: string, spans: readonly TextSpan[]): string {
  let hidden = text;
  for (const { start, end } of spans) hidden = hidden.slice(0, start) + HIDDEN.repeat(end - start) + hidden.slice(end);
  return hidden;
}

/** Stands for one code unit of hidden text, so that offsets hold. */
export const HIDDEN = '\u2592';

/** Hidden text as a model and a reader see it. */
export function showHidden(text: string): string {
  return text.replace(/\u2592+/g, '[…]');
}
