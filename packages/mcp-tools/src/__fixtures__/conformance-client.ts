/**
 * The client that MCP's conformance suite starts: `node conformance-client.ts URL`, with the scenario in the environment. It lists the tools of the URL and
 * calls each, through `connectTools`, signs in where it has to, and answers questions with the schema's defaults.
 */
import { schemaProperties, type Tool } from '@fieldkit/core';
import {
  auth,
  extractWWWAuthenticateParams,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { z } from 'zod';
import { connectTools } from '../mcp/connect-tools.ts';
import { createMcpConnection } from '../mcp/connection.ts';

const REDIRECT = 'http://localhost:3000/callback';
const MOST_SIGN_INS = 3;
const contextSchema = z.object({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).optional(),
});

const url = process.argv[2] ?? '';
const given = contextSchema.parse(JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}'));
const caller = { tenant: 'default', subject: 'conformance', groups: [] };

/** A person who signs in at once: follows the redirect and reads the code from it. */
function createProvider(): { provider: OAuthClientProvider; callback(): Promise<URLSearchParams> } {
  const clients = new Map<string, Parameters<NonNullable<OAuthClientProvider['saveClientInformation']>>[0]>();
  const registered =
    given.client_id === undefined
      ? undefined
      : { client_id: given.client_id, ...(given.client_secret === undefined ? {} : { client_secret: given.client_secret }) };
  let tokens: Parameters<OAuthClientProvider['saveTokens']>[0] | undefined;
  let discovered: Parameters<NonNullable<OAuthClientProvider['saveDiscoveryState']>>[0] | undefined;
  let verifier = '';
  let callback: Promise<URLSearchParams> | undefined;
  const provider: OAuthClientProvider = {
    redirectUrl: REDIRECT,
    clientMetadataUrl: 'https://conformance-test.local/client-metadata.json',
    clientMetadata: {
      client_name: 'fieldkit',
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    clientInformation: (context) => registered ?? clients.get(context?.issuer ?? ''),
    saveClientInformation: (information, context) => void clients.set(context?.issuer ?? '', information),
    tokens: () => tokens,
    saveTokens: (saved) => {
      tokens = saved;
    },
    redirectToAuthorization: (target) => {
      callback = fetch(target, { redirect: 'manual' }).then(
        (answer) => new URL(answer.headers.get('location') ?? 'none:').searchParams,
      );
      callback.catch(() => {});
    },
    saveCodeVerifier: (saved) => {
      verifier = saved;
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (state) => {
      discovered = state;
    },
    discoveryState: () => discovered,
    invalidateCredentials: (what) => {
      if (what === 'all' || what === 'tokens') tokens = undefined;
      if (what === 'all' || what === 'client') clients.clear();
      if (what === 'all' || what === 'discovery') discovered = undefined;
    },
  };
  return { provider, callback: () => callback ?? Promise.reject(new Error('nobody was sent to sign in')) };
}

const { provider, callback } = createProvider();

async function signIn(challenge: Response): Promise<void> {
  await provider.invalidateCredentials?.('discovery'); // the system may have moved to another authorization server
  const { resourceMetadataUrl, scope = '' } = extractWWWAuthenticateParams(challenge);
  const held = challenge.status === 403 ? ((await provider.tokens())?.scope ?? '') : '';
  const scopes = [...new Set(`${held} ${scope}`.split(' ').filter((word) => word !== ''))].join(' ');
  const options = {
    serverUrl: url,
    forceReauthorization: challenge.status === 403,
    ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
    ...(scopes === '' ? {} : { scope: scopes }),
  };
  if ((await auth(provider, options)) === 'AUTHORIZED') return;
  const answer = await callback();
  const iss = answer.get('iss');
  await auth(provider, {
    ...options,
    authorizationCode: answer.get('code') ?? '',
    ...(iss === null ? {} : { iss }),
  });
}

/** A fetch that signs in when it has to, and asks for more rights when it is told that they do not suffice; never for ever. */
const signedIn: typeof fetch = async (input, init) => {
  for (let tries = 1; ; tries += 1) {
    const tokens = await provider.tokens();
    const headers = new Headers(init?.headers);
    if (tokens !== undefined) headers.set('authorization', `Bearer ${tokens.access_token}`);
    const response = await fetch(input, { ...init, headers });
    const isRefused = response.status === 401 || response.status === 403;
    if (!isRefused || tries > MOST_SIGN_INS || response.headers.get('www-authenticate') === null) return response;
    await signIn(response);
  }
};

function exampleOf(tool: Tool): Record<string, unknown> {
  const examples: Readonly<Record<string, unknown>> = { number: 2, integer: 2, boolean: true, string: 'one' };
  return Object.fromEntries(
    schemaProperties(tool.inputSchema).map(([name, { type }]) => [name, examples[String(type)] ?? 'one']),
  );
}

if (given.toolCalls !== undefined) {
  // The suite gives inputs of its own, one of which its schema does not allow: they go past our policy.
  const open = () => new StreamableHTTPClientTransport(new URL(url), { fetch: signedIn });
  const connection = createMcpConnection({ name: url, connectTimeoutMs: 10_000, open });
  const tools = await connection.listTools();
  for (const { name, arguments: input } of given.toolCalls) {
    const tool = tools.find((listed) => listed.name === name);
    if (tool !== undefined) await connection.call(tool, input, { caller, callId: name }, 10_000, {});
  }
  await connection.close();
} else {
  const connected = await connectTools(
    [{ http: { url, fetch: signedIn }, answer: async () => ({}) }],
    { policy: { approve: async () => true } },
  );
  for (const { message } of connected.findings) console.error(message);
  for (const tool of connected.tools) {
    await tool.run(exampleOf(tool), { caller, callId: `call-${tool.name}` }).catch((error: unknown) => console.error(error));
  }
  await connected.close();
}
