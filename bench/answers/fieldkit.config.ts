import { answer, defineProject, gather, searchKnowledge, understand } from '@fieldkit/project';

/** Everyday documents with questions in other words, to measure what the stand-in answers: see ../README of the figures in results. */
export default defineProject({
  name: 'answers-bench',
  language: ['en', 'zh'],
  knowledge: { include: ['knowledge/**'] },
  tools: [searchKnowledge()],
  pipeline: [understand({ model: 'fast' }), gather({ model: 'fast', rounds: 2 }), answer({ model: 'chat' })],
});
