import { estimateTokens, type Finding, type Tool } from '@fieldkit/core';
import { lintInput, lintOutput } from './lint-schemas.ts';
import { finding, TOOL_STANDARD } from './tool-standard.ts';

const WRITES =
  /^(?:create|add|update|change|set|delete|remove|cancel|submit|send|post|book|confirm|approve|reject|assign|close|upload|insert|write|patch|put)(?:_|$)/;
const READS = /^(?:get|list|search|find|lookup|look_up|read|query|describe|count|check|show|fetch)(?:_|$)/;
const WHEN = /\b(?:use|when|if|call|for)\b|使用|用于|时候|适用|查询|想知道/i;
const WHEN_NOT = /\b(?:not|never|don't|instead|only)\b|不要|不得|不用于|不在|勿|只/i;
/** Words of a description that talk to the model about something else than the tool. */
const INJECTION =
  /ignore (?:all |any )?(?:previous|prior|above)|system prompt|do not (?:tell|mention|inform)|<\/?(?:system|important|instructions?)>|忽略(?:之前|以上|前面)|不要告诉/i;
const HIDDEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/u;
/**
 * Checks tools against the standard for inputs and outputs: names, descriptions (what, when, when not), schemas (closed, typed, described, bounded, with units
 * and examples), effects, sizes. Errors are what models or systems stumble over; warnings are what a reviewer would ask for.
 */
export function lintTools(tools: readonly Tool[]): Finding[] {
  const findings = tools.flatMap(lintTool);
  if (tools.length > TOOL_STANDARD.maxTools) {
    findings.push(
      finding(
        'warning',
        'too-many-tools',
        `there are ${tools.length} tools; models choose badly among more than ${TOOL_STANDARD.maxTools}`,
        'tools',
        'offer each node of the pipeline the tools it needs',
      ),
    );
  }
  for (const [index, { name, description }] of tools.entries()) {
    const twin = tools
      .slice(0, index)
      .find((other) => other.name === name || (description !== '' && other.description === description));
    if (twin === undefined) continue;
    findings.push(
      finding(
        'error',
        'ambiguous-tool',
        `${twin.name === name ? 'the name' : 'the description'} is the same as that of ${twin.name}`,
        name,
        'say what sets them apart',
      ),
    );
  }
  return findings;
}

function lintTool(tool: Tool): Finding[] {
  return [
    ...lintName(tool),
    ...lintDescription(tool),
    ...lintInput(tool),
    ...lintOutput(tool),
    ...lintEffects(tool),
    ...lintSize(tool),
  ];
}

function lintName({ name }: Tool): Finding[] {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
    return [
      finding(
        'error',
        'name-invalid',
        `the name ${JSON.stringify(name)} is not 1 to 64 letters, digits, _, - and .`,
        name,
        'rename the tool',
      ),
    ];
  }
  if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/.test(name)) {
    return [
      finding(
        'warning',
        'name-style',
        'the name is not snake_case of at least two words (verb and thing)',
        name,
        'call it like lookup_order or create_ticket',
      ),
    ];
  }
  return [];
}

function lintDescription({ name, description }: Tool): Finding[] {
  const findings: Finding[] = [];
  const { minDescriptionLength, maxDescriptionLength } = TOOL_STANDARD;
  // A Chinese character says about as much as three Latin letters.
  const weight = description.length + 2 * (description.match(/\p{Script=Han}/gu)?.length ?? 0);
  if (weight < minDescriptionLength)
    findings.push(
      finding(
        'error',
        'description-short',
        'the description says too little to choose the tool by',
        name,
        'say what it does, when to use it and when not',
      ),
    );
  else {
    if (!WHEN.test(description))
      findings.push(
        finding(
          'warning',
          'description-when',
          'the description does not say when to use the tool',
          name,
          'add a sentence: use it when …',
        ),
      );
    if (!WHEN_NOT.test(description))
      findings.push(
        finding(
          'warning',
          'description-when-not',
          'the description does not say when not to use the tool',
          name,
          'add a sentence: do not use it for …',
        ),
      );
  }
  if (description.length > maxDescriptionLength) {
    findings.push(
      finding(
        'warning',
        'description-long',
        `the description has ${description.length} characters, more than ${maxDescriptionLength}`,
        name,
        'move details to the fields',
      ),
    );
  }
  if (INJECTION.test(description))
    findings.push(
      finding(
        'error',
        'description-instructs',
        'the description gives the model orders that are not about the tool',
        name,
        'do not offer this tool before its owner has explained it',
      ),
    );
  if (HIDDEN.test(description))
    findings.push(
      finding(
        'error',
        'description-hidden-text',
        'the description holds invisible characters',
        name,
        'remove them; if the server is not yours, ask its owner',
      ),
    );
  return findings;
}

function lintEffects({ name, effects, timeoutMs }: Tool): Finding[] {
  const findings: Finding[] = [];
  if (effects === 'read' && WRITES.test(name))
    findings.push(
      finding(
        'error',
        'effects-read',
        'the name says that it changes something, but it is declared as reading',
        name,
        'declare effects: write, or rename it',
      ),
    );
  if (effects === 'write' && READS.test(name))
    findings.push(
      finding(
        'warning',
        'effects-write',
        'the name says that it reads, but it is declared as writing (or its server says nothing)',
        name,
        'declare effects: read if it changes nothing',
      ),
    );
  if (timeoutMs > TOOL_STANDARD.maxTimeoutMs)
    findings.push(
      finding(
        'warning',
        'timeout-long',
        `it may take ${timeoutMs / 1000} s`,
        name,
        'answer sooner, or start a job and look its state up',
      ),
    );
  return findings;
}

function lintSize(tool: Tool): Finding[] {
  const tokens = estimateTokens(
    JSON.stringify({ name: tool.name, description: tool.description, parameters: tool.inputSchema }),
  );
  if (tokens <= TOOL_STANDARD.maxDefinitionTokens) return [];
  return [
    finding(
      'warning',
      'definition-large',
      `the definition costs about ${tokens} tokens in every request`,
      tool.name,
      'shorten descriptions, or offer fewer operations in one tool',
    ),
  ];
}
