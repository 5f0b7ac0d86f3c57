import { FieldkitError } from '@fieldkit/core';
import { type CapturedRequest, type Draft, draftOpenApi } from './draft-openapi.ts';

/**
 * A cURL command as a first draft of an OpenAPI description. Values that look like identifiers become parameters; keys and passwords are left out.
 *
 * @throws {FieldkitError} `INVALID_OPTION` for a command without an address, or with options that cannot be taken over.
 */
export function draftFromCurl(command: string): Draft {
  const words = shellWords(command.replace(/\\\r?\n/g, ' ').replace(/\^\r?\n/g, ' '));
  if (words[0] !== 'curl') throw new FieldkitError('INVALID_OPTION', 'the command must begin with curl');
  const headers: [string, string][] = [];
  const data: string[] = [];
  const urls: string[] = [];
  let method: string | undefined;
  let asQuery = false;
  let secret = false;
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [option = '', inline] =
      word.startsWith('--') && word.includes('=')
        ? [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]
        : [word];
    const value = () => {
      at += inline === undefined ? 1 : 0;
      return inline ?? words[at] ?? '';
    };
    switch (option) {
      case '-X':
      case '--request':
        method = value().toUpperCase();
        break;
      case '-H':
      case '--header': {
        const header = value();
        headers.push([header.slice(0, header.indexOf(':')).trim(), header.slice(header.indexOf(':') + 1).trim()]);
        break;
      }
      case '-d':
      case '--data':
      case '--data-raw':
      case '--data-binary':
      case '--data-ascii':
      case '--data-urlencode':
        data.push(value());
        break;
      case '--json':
        data.push(value());
        headers.push(['content-type', 'application/json']);
        break;
      case '-u':
      case '--user':
        value();
        secret = true;
        break;
      case '-G':
      case '--get':
        asQuery = true;
        break;
      case '--url':
        urls.push(value());
        break;
      case '-F':
      case '--form':
        throw new FieldkitError('INVALID_OPTION', 'multipart forms cannot be sent by a tool; ask for a JSON interface');
      default:
        if (!word.startsWith('-')) urls.push(word);
        else if (
          [
            '-o',
            '--output',
            '-A',
            '--user-agent',
            '-e',
            '--referer',
            '-b',
            '--cookie',
            '-m',
            '--max-time',
            '--connect-timeout',
            '-x',
            '--proxy',
            '--cacert',
            '--cert',
            '--key',
          ].includes(option)
        )
          value();
    }
  }
  const [address, ...more] = urls;
  if (address === undefined || more.length > 0)
    throw new FieldkitError('INVALID_OPTION', `the command must have one address, not ${urls.length}`);
  const request: CapturedRequest = {
    name: '',
    method: method ?? (data.length > 0 && !asQuery ? 'POST' : 'GET'),
    url: asQuery && data.length > 0 ? `${address}${address.includes('?') ? '&' : '?'}${data.join('&')}` : address,
    headers,
    ...(data.length > 0 && !asQuery ? { body: data.join('&') } : {}),
    hasSecret: secret,
  };
  return draftOpenApi('Draft from a cURL command', [request]);
}

/** Words as a POSIX shell would split them; variables are left as they are. */
function shellWords(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  const text = command.trim();
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '\\' && quote === '"' && /["\\$`]/.test(text.charAt(at + 1))) {
        at += 1;
        word = (word ?? '') + text.charAt(at);
      } else word = (word ?? '') + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      if (word === '$') word = ''; // $'…'
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '\\') {
      at += 1;
      word = (word ?? '') + text.charAt(at);
    } else word = (word ?? '') + character;
  }
  if (quote !== '') throw new FieldkitError('INVALID_OPTION', 'a quotation mark of the command is never closed');
  if (word !== undefined) words.push(word);
  return words;
}
