import type { Tool } from '@fieldkit/core';

/** A tool that knows a few facts by their names; a real project has its documents and systems instead. */
export function lookUp(name: string, facts: Readonly<Record<string, string>>): Tool {
  return {
    name,
    description: `Looks up ${Object.keys(facts).join(', ')}`,
    inputSchema: { type: 'object', properties: { about: { type: 'string' } }, required: ['about'] },
    effects: 'read',
    yields: 'record',
    timeoutMs: 1_000,
    async run(input) {
      const { about } = input as { about: string }; // as the schema says
      const fact = facts[about];
      const data = fact === undefined ? { message: `nothing about ${about}` } : { [about]: fact };
      return { data, text: '', isError: fact === undefined };
    },
  };
}
