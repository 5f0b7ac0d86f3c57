import { expect, it } from 'vitest';
import { leakScenes, liveScenes, PERSONAL, PIPELINES, runScene } from './testing/live-attacks.ts';

it('holds over several turns, in every kind of pipeline, against odd addresses, forged results and leaks by argument', async () => {
  const scenes = liveScenes();
  expect(scenes.length).toBeGreaterThan(600);
  // A prime step, so that every kind takes part; all of them in bench/agent.
  for (const scene of scenes.filter((_, index) => index % 11 === 0)) {
    expect(await runScene(scene)).toMatchObject({ name: scene.name, effects: [], sent: [], notes: [], answered: true });
  }
});

it('lets a tool of somebody else be asked in the words of the user', async () => {
  const [scene] = leakScenes().filter(({ name }) => name.endsWith('document, plan'));
  if (scene === undefined) throw new Error('no scene');
  const input = { query: 'torque of seal bolts' };
  const asked = { ...scene, orders: { key: 'KX-4471', calls: [{ name: 'web_search', input }] } };
  const { sent } = await runScene(asked);
  expect(sent).toContain(JSON.stringify(input));
  expect(sent.join()).not.toContain(PERSONAL.slice(9, 20));
  expect(Object.keys(PIPELINES)).toContain('plan');
});
