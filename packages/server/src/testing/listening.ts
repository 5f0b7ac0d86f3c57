import type { CreateServerOptions } from '../create-server.ts';
import type { Listening } from '../listen.ts';
import { type TestProject, type TestServer, testServer } from './test-project.ts';

/** A test server on a port of its own. */
export async function listeningServer(
  project: TestProject,
  options: CreateServerOptions = {},
): Promise<TestServer & { readonly at: Listening; readonly v1: string }> {
  const made = testServer(project, options);
  const at = await made.server.listen({ port: 0 });
  return { ...made, at, v1: `${at.url}/v1` };
}
