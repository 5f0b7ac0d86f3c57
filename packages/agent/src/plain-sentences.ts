/** Sentences that the code itself says, by language. They state no fact of the documents and need no citation. */
const SENTENCES = {
  insufficient: {
    en: 'The available documents and records do not answer this question.',
    zh: '现有文档和记录没有回答这个问题。',
    ja: '利用できる文書と記録には、この質問への答えがありません。',
    ko: '사용 가능한 문서와 기록에는 이 질문에 대한 답이 없습니다.',
    de: 'Die vorliegenden Dokumente und Daten beantworten diese Frage nicht.',
    fr: 'Les documents et données disponibles ne répondent pas à cette question.',
    es: 'Los documentos y registros disponibles no responden a esta pregunta.',
    ru: 'Имеющиеся документы и записи не отвечают на этот вопрос.',
  },
  outOfScope: {
    en: 'This question is outside what this assistant is meant to answer.',
    zh: '这个问题不在本助手的服务范围内。',
    ja: 'この質問は、このアシスタントの対象範囲外です。',
    ko: '이 질문은 이 도우미의 범위를 벗어납니다.',
    de: 'Diese Frage liegt außerhalb dessen, wofür dieser Assistent gedacht ist.',
    fr: 'Cette question sort du domaine de cet assistant.',
    es: 'Esta pregunta está fuera del ámbito de este asistente.',
    ru: 'Этот вопрос выходит за рамки задач этого помощника.',
  },
  overBudget: {
    en: 'The limit set for one answer was reached; this is what was found until then.',
    zh: '已达到单次回答的限额，以下是到目前为止找到的内容。',
    ja: '1回の回答の上限に達しました。以下はそれまでに見つかった内容です。',
    ko: '답변 한 번의 한도에 도달했습니다. 다음은 그때까지 찾은 내용입니다.',
    de: 'Die Grenze für eine Antwort ist erreicht; dies wurde bis dahin gefunden.',
    fr: 'La limite fixée pour une réponse est atteinte ; voici ce qui a été trouvé jusque-là.',
    es: 'Se alcanzó el límite fijado para una respuesta; esto es lo encontrado hasta entonces.',
    ru: 'Достигнут предел для одного ответа; вот что было найдено до этого.',
  },
  failed: {
    en: 'The question could not be answered because of a technical failure.',
    zh: '由于技术故障，未能回答这个问题。',
    ja: '技術的な障害のため、この質問に回答できませんでした。',
    ko: '기술적인 문제로 이 질문에 답하지 못했습니다.',
    de: 'Die Frage konnte wegen einer technischen Störung nicht beantwortet werden.',
    fr: "La question n'a pas pu recevoir de réponse à cause d'une panne technique.",
    es: 'No se pudo responder la pregunta por un fallo técnico.',
    ru: 'На вопрос не удалось ответить из-за технического сбоя.',
  },
  needsApproval: {
    en: 'This needs the approval of a person before it can go on.',
    zh: '此操作需要人工批准后才能继续。',
    ja: '続行するには担当者の承認が必要です。',
    ko: '계속하려면 담당자의 승인이 필요합니다.',
    de: 'Hierfür ist die Zustimmung einer Person nötig, bevor es weitergeht.',
    fr: "L'accord d'une personne est nécessaire avant de continuer.",
    es: 'Se necesita la aprobación de una persona para continuar.',
    ru: 'Для продолжения требуется одобрение человека.',
  },
  cancelled: {
    en: 'The answer was cancelled.',
    zh: '回答已取消。',
    ja: '回答はキャンセルされました。',
    ko: '답변이 취소되었습니다.',
    de: 'Die Antwort wurde abgebrochen.',
    fr: 'La réponse a été annulée.',
    es: 'La respuesta se canceló.',
    ru: 'Ответ отменён.',
  },
} as const satisfies Record<string, { en: string } & Record<string, string>>;

export type PlainSentence = keyof typeof SENTENCES;

/** In the language asked for, or in English when it is not among the eight. */
export function plainSentence(which: PlainSentence, language: string): string {
  const texts: Readonly<Record<string, string>> & { en: string } = SENTENCES[which];
  return texts[language] ?? texts.en;
}
