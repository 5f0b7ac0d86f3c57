import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkFuzzed, fuzzedRequest } from './testing/fuzz.ts';
import { openTestProject, type TestProject, testServer } from './testing/test-project.ts';

let ferry: TestProject;
beforeAll(async () => {
  ferry = await openTestProject();
});
afterAll(() => ferry.close());

it('gives a typed answer to any body, in time, and goes on', async () => {
  const made = testServer(ferry, { config: { logLevel: 'error' } });
  const statuses: Record<number, number> = {};
  const property = fc.asyncProperty(fuzzedRequest, async (request) => {
    expect(
      await checkFuzzed(made, request, (status) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
      }),
    ).toBeUndefined();
  });
  await fc.assert(property, { numRuns: 150 });
  expect(statuses[200]).toBeGreaterThan(0);
  expect((await made.send('/livez')).status).toBe(200);
  await made.server.close();
});
