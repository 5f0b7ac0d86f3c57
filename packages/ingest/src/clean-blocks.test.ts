import { describe, expect, it } from 'vitest';
import { cleanBlocks } from './clean-blocks.ts';

const box: [number, number, number, number] = [0, 0, 1, 1];

describe('cleanBlocks', () => {
  it('resolves ligatures and keeps places on their words', () => {
    const text = 'o\ufb03ce hours';
    const { blocks, findings } = cleanBlocks([
      { kind: 'paragraph', text, places: [{ start: 5, end: 10, place: { page: 1, box } }] },
    ]);
    const [block] = blocks;
    const [span] = block?.places ?? [];
    expect(block?.text).toBe('office hours');
    expect(block?.text.slice(span?.start, span?.end)).toBe('hours');
    expect(findings.map(({ code }) => code)).toEqual(['cleaned-ligatures']);
  });

  it('puts characters in place of the radicals that some fonts map them to', () => {
    const { blocks } = cleanBlocks([{ kind: 'paragraph', text: '\u2ea0营企业\u2f00\u2ec5附件，\u2ed3期\u2edb险' }]);
    expect(blocks[0]?.text).toBe('民营企业一见附件，长期风险');
  });

  it('leaves a step out when it is switched off', () => {
    const { blocks } = cleanBlocks([{ kind: 'paragraph', text: 'a\u200bb' }], {
      steps: { 'control-characters': false },
    });
    expect(blocks[0]?.text).toBe('a\u200bb');
  });

  it('closes the spaces that some exports put between Chinese characters', () => {
    const spaced = [...'本办法适用于公司各部门的采购活动以及相关的合同管理'].join(' ');
    expect(cleanBlocks([{ kind: 'paragraph', text: spaced }]).blocks[0]?.text).not.toContain(' ');
    expect(cleanBlocks([{ kind: 'paragraph', text: '第一章 总则' }]).blocks[0]?.text).toBe('第一章 总则');
  });
});
