import { FieldkitError } from '@fieldkit/core';
import { SaxesParser } from 'saxes';

export interface XmlElement {
  /** With its prefix, as written: `w:p`. */
  name: string;
  attributes: Record<string, string>;
  children: XmlNode[];
}
export type XmlNode = XmlElement | string;

const MAX_DEPTH = 250;
const MAX_NODES = 3_000_000;

/**
 * Parses a part of an office file. Entities other than the five of XML are refused (no entity of a document is ever resolved), and
 * so are parts that nest deeper or hold more elements than any word processor writes.
 */
export function parseXml(part: Uint8Array, uri: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [] };
  const stack = [root];
  let nodes = 0;
  let failure: Error | undefined;
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    failure ??= error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    nodes += 1;
    if (nodes > MAX_NODES || stack.length > MAX_DEPTH) {
      throw new FieldkitError(
        'FILE_TOO_LARGE',
        `${uri} is nested too deeply or has too many parts: simplify it in Word`,
        {
          details: { depth: stack.length, nodes },
        },
      );
    }
    const element: XmlElement = { name, attributes, children: [] };
    stack.at(-1)?.children.push(element);
    stack.push(element);
  });
  parser.on('closetag', () => {
    if (stack.length > 1) stack.pop();
  });
  parser.on('text', (text) => {
    stack.at(-1)?.children.push(text);
  });
  parser.write(decodeXml(part)).close();
  const first = root.children.find((child) => typeof child !== 'string');
  if (failure !== undefined || first === undefined) {
    throw new FieldkitError('FILE_DAMAGED', `${uri} is damaged inside: open it in its program and save it again`, {
      cause: failure,
    });
  }
  return first;
}

function decodeXml(part: Uint8Array): string {
  const encoding =
    part[0] === 0xff && part[1] === 0xfe ? 'utf-16le' : part[0] === 0xfe && part[1] === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(part);
}

export function serializeXml(element: XmlElement): string {
  const parts: string[] = ['<?xml version="1.0" encoding="UTF-8"?>'];
  const write = (node: XmlNode) => {
    if (typeof node === 'string') {
      parts.push(escapeText(node));
      return;
    }
    const attributes = Object.entries(node.attributes)
      .map(([name, value]) => ` ${name}="${escapeText(value).replaceAll('"', '&quot;')}"`)
      .join('');
    if (node.children.length === 0) parts.push(`<${node.name}${attributes}/>`);
    else {
      parts.push(`<${node.name}${attributes}>`);
      for (const child of node.children) write(child);
      parts.push(`</${node.name}>`);
    }
  };
  write(element);
  return parts.join('');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function elementsOf(element: XmlElement | undefined, name?: string): XmlElement[] {
  const found: XmlElement[] = [];
  for (const child of element?.children ?? []) {
    if (typeof child !== 'string' && (name === undefined || child.name === name)) found.push(child);
  }
  return found;
}

export function childOf(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let at = element;
  for (const name of path) at = elementsOf(at, name)[0];
  return at;
}

export function attributeOf(element: XmlElement | undefined, attribute = 'w:val'): string | undefined {
  return element?.attributes[attribute];
}

/** Text of all descendants with this name, joined. */
export function textOf(element: XmlElement | undefined, name: string): string {
  if (element === undefined) return '';
  let text = '';
  const visit = (node: XmlElement) => {
    for (const child of node.children) {
      if (typeof child === 'string') {
        if (node.name === name) text += child;
      } else visit(child);
    }
  };
  visit(element);
  return text;
}
