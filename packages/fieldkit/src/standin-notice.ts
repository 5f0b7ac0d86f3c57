import type { Project } from '@fieldkit/project';
import type { Terminal } from './terminal.ts';

/** Says which endpoint answers; plainly when it is the stand-in. */
export async function standinNotice(project: Project, terminal: Terminal): Promise<void> {
  const { standin, baseUrl, modelNames } = await project.endpoint();
  if (standin) {
    terminal.line(
      terminal.style.yellow(
        'No endpoint is configured: answers are extractive. They are sentences of the documents picked by rules; no language model is involved.',
      ),
    );
  } else {
    terminal.line(terminal.style.dim(`Endpoint ${baseUrl}, chat model ${modelNames.chat}`));
  }
}
