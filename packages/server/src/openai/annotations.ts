import type { Citation } from '@fieldkit/core';
import { sourceLine } from './closing-list.ts';

/** OpenAI's annotation of a stretch of the text; offsets are UTF-16 code units of the whole message. */
export interface UrlCitation {
  readonly type: 'url_citation';
  readonly url_citation: {
    readonly start_index: number;
    readonly end_index: number;
    readonly url: string;
    readonly title: string;
  };
}

/** Turns citations into annotations of their `[n]` in the text, as the text comes. */
export interface Annotator {
  cite(citation: Citation): void;
  /** The annotations of the marks in the next piece of text. */
  next(text: string): UrlCitation[];
}

/** @param base Where links begin, without a slash at the end. */
export function createAnnotator(base: string, runId: string): Annotator {
  const cited = new Map<number, Citation>();
  let offset = 0;
  return {
    cite(citation) {
      cited.set(citation.marker, citation);
    },
    next(text) {
      const found = Array.from(text.matchAll(/\[(\d+)\]/g)).flatMap(({ 0: mark, 1: number, index }): UrlCitation[] => {
        const citation = cited.get(Number(number));
        if (citation === undefined) return [];
        const { source } = citation;
        return [
          {
            type: 'url_citation',
            url_citation: {
              start_index: offset + index,
              end_index: offset + index + mark.length,
              url: citationUrl(source, base, runId),
              title: sourceLine(source),
            },
          },
        ];
      });
      offset += text.length;
      return found;
    },
  };
}

/** Where a person sees the cited words: the document with the words marked, or the step of the run that looked the record up. */
export function citationUrl(source: Citation['source'], base: string, runId: string): string {
  if (source.kind === 'record') return `${base}/runs/${runId}?step=${encodeURIComponent(source.callId)}`;
  const { documentId, start, end, places } = source;
  const page = places[0]?.page;
  const query = new URLSearchParams({
    ...(page === undefined ? {} : { page: String(page) }),
    start: String(start),
    end: String(end),
  });
  return `${base}/documents/${documentId}?${query}`;
}
