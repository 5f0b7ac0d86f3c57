import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { defaultPrompts } from '@fieldkit/agent/prompts';
import { FieldkitError } from '@fieldkit/core';
import { CONFIG_FILE } from '@fieldkit/project';
import type { Command } from '../command.ts';

export const command: Command = {
  usage: 'init DIR [--name NAME]',
  description:
    'Makes a new project: configuration, folders for documents, prompts, questions and tools. Existing files are never overwritten; a folder that is a project already is refused.',
  options: {
    name: { type: 'string', value: 'NAME', summary: 'name of the project (default: the name of the folder)' },
  },
  examples: ['fieldkit init ../acme-support'],
  positionals: { min: 1, max: 1 },
  async run(input, { terminal, cwd, self }) {
    const given = input.positionals[0]?.trim() ?? '';
    if (given === '')
      throw new FieldkitError('INVALID_OPTION', 'name the folder of the new project: fieldkit init ../acme');
    const root = resolve(cwd, given);
    if (existsSync(root) && !statSync(root).isDirectory()) {
      throw new FieldkitError('INVALID_OPTION', `${root} is a file; name a folder`);
    }
    if (existsSync(join(root, CONFIG_FILE)))
      throw new FieldkitError(
        'INVALID_OPTION',
        `${root} is a project already; look at it with: fieldkit status --project ${root}`,
      );
    const named = input.options.name;
    const name = (typeof named === 'string' ? named : basename(root))
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '');
    const files = projectFiles(name === '' ? 'project' : name);
    for (const [path, content] of Object.entries(files)) {
      const target = join(root, path);
      mkdirSync(dirname(target), { recursive: true });
      if (existsSync(target)) terminal.line(`  kept     ${path}`);
      else {
        writeFileSync(target, content, { flag: 'wx' });
        terminal.line(`  written  ${path}`);
      }
    }
    mkdirSync(join(root, 'knowledge'), { recursive: true });
    const where = relative(cwd, root) || '.';
    const has = readdirSync(join(root, 'knowledge')).some((file) => !file.startsWith('.'));
    terminal.line(
      `\nNext: ${has ? '' : `put PDF, Word or text files into ${join(where, 'knowledge')}, then `}${self} ingest --project ${/\s/.test(where) ? JSON.stringify(where) : where}`,
    );
    return 0;
  },
};

function projectFiles(name: string): Record<string, string> {
  return {
    [CONFIG_FILE]: `import { answer, defineProject, env, gather, searchKnowledge, secret, understand } from '@fieldkit/project';

export default defineProject({
  name: '${name}',
  language: ['en', 'zh'],
  // Without these variables a stand-in answers extractively, without a language model.
  endpoint: {
    profile: 'dashscope', // or 'openai', 'vllm', 'generic'
    baseUrl: env('MAAS_BASE_URL'),
    apiKey: secret(['MAAS_API_KEY', 'DASHSCOPE_API_KEY']),
    models: { chat: 'qwen3.7-plus', fast: 'qwen3.7-flash', embedding: 'text-embedding-v4' },
  },
  knowledge: { include: ['knowledge/**'], segmentation: { strategy: 'structure', maxTokens: 400 } },
  index: { engine: 'lance' },
  tools: [searchKnowledge()],
  pipeline: [understand({ model: 'fast' }), gather({ rounds: 2 }), answer({ model: 'chat' })],
  memory: { turns: 6, tokens: 4000 },
  budget: { steps: 12, tokens: 30_000, seconds: 120 },
});
`,
    'package.json': `${JSON.stringify({ name, private: true, type: 'module' }, null, 2)}\n`,
    '.gitignore': '.fieldkit/\nnode_modules/\n.env\n',
    'knowledge/.gitkeep': '',
    'tools/.gitkeep': '',
    'prompts/understand.md': defaultPrompts.understand,
    'prompts/gather.md': defaultPrompts.gather,
    'prompts/answer.md': defaultPrompts.answer,
    'evals/README.md': `# Questions that prove the agent

One JSON object per line in \`questions.jsonl\`, for example:

    {"id":"q-001","question":"How long is the warranty on seals?","references":["24 months"],"kind":"fact","gold":[{"document":"knowledge/warranty.pdf","page":3,"quote":"24 months from delivery"}]}
    {"id":"q-002","question":"What does the pump weigh?","kind":"not-answerable","expect":"insufficient"}

Then run \`fieldkit eval run\` (in a clone \`pnpm fieldkit eval run --project DIR\`), or collect questions in a sheet: \`fieldkit eval template\`.
`,
  };
}
