import { type Document, detectLanguage, documentId, type Finding } from '@fieldkit/core';
import { assembleBlocks } from './assemble-blocks.ts';
import { type CleanOptions, cleanBlocks } from './clean-blocks.ts';
import { extractMetadata } from './metadata/extract-metadata.ts';
import { findTitle } from './metadata/title.ts';
import type { DraftDocument } from './reader.ts';

export interface DocumentFromOptions {
  /** Normalised. */
  readonly uri: string;
  readonly tenant: string;
  readonly groups: readonly string[];
  readonly contentHash: string;
  readonly mediaType: string;
  /** What was found before the draft was made. */
  readonly findings: readonly Finding[];
  readonly clean?: CleanOptions;
}

/** Cleans a draft, joins its text and adds what can be told from it: title, language, metadata. */
export function documentFrom(draft: DraftDocument, options: DocumentFromOptions): Document {
  const { uri, tenant, groups, contentHash, mediaType, clean } = options;
  const { blocks: cleaned, findings: cleaning } = cleanBlocks(draft.blocks, clean);
  const { blocks, text, places } = assembleBlocks(cleaned);
  const findings = [...options.findings, ...draft.findings, ...cleaning];
  if (text.trim() === '' && !findings.some(({ code }) => code === 'needs-ocr')) {
    findings.push({
      severity: 'warning',
      code: 'no-text',
      message: `${uri} holds no text`,
      where: uri,
      suggestion: 'Check the file, or remove it from the knowledge folder.',
    });
  }
  const { title } = findTitle(draft.title, blocks, uri);
  return {
    id: documentId(tenant, uri),
    uri,
    contentHash,
    mediaType,
    title,
    language: detectLanguage(text.slice(0, 20_000)),
    text,
    blocks,
    places,
    metadata: extractMetadata({ title, uri, blocks, metadata: draft.metadata }),
    ...(draft.pageCount !== undefined && { pageCount: draft.pageCount }),
    tenant,
    groups: [...groups],
    findings,
  };
}
