import { expect, it } from 'vitest';
import { type GuardOptions, guardRequest } from './guards.ts';

const check = (headers: Record<string, string>, options: Partial<GuardOptions> = {}) => {
  const all = { keyless: false, allowedHosts: [], corsOrigins: [], ...options };
  try {
    return guardRequest(new Request('http://desk.example/v1/models', { headers }), all);
  } catch (error) {
    return String(error);
  }
};

it.each([
  ['no page', { host: 'desk.example' }, {}, {}],
  ['its own page', { host: 'desk.example', origin: 'http://desk.example' }, {}, { vary: 'Origin' }],
  [
    'an allowed page',
    { host: 'desk.example', origin: 'https://app.example' },
    { corsOrigins: ['https://app.example'] },
    { vary: 'Origin' },
  ],
  ['any page', { host: 'desk.example', origin: 'https://app.example' }, { corsOrigins: ['*'] }, { vary: 'Origin' }],
  ['an allowed host', { host: 'desk.example:8443' }, { allowedHosts: ['desk.example'] }, {}],
  ['this machine', { host: '127.0.0.1:8080' }, { keyless: true }, {}],
  ['this machine, version 6', { host: '[::1]:8080' }, { keyless: true }, {}],
])('lets in: %s', (_, headers, options, expected) => {
  expect(check(headers as Record<string, string>, options)).toMatchObject(expected);
});

it.each([
  ['a foreign page', { host: 'desk.example', origin: 'https://evil.example' }, {}],
  ['a page of a sandbox', { host: 'desk.example', origin: 'null' }, {}],
  ['a page whose name begins alike', { host: 'desk.example', origin: 'http://desk.example.evil.example' }, {}],
  ['another host', { host: 'other.example' }, { allowedHosts: ['desk.example'] }],
  ['a rebound name without keys', { host: 'evil.example' }, { keyless: true }],
  [
    'any page without keys, whatever is configured',
    { host: 'localhost', origin: 'https://evil.example' },
    { keyless: true, corsOrigins: ['*'] },
  ],
])('refuses: %s', (_, headers, options) => {
  expect(typeof check(headers as Record<string, string>, options)).toBe('string');
});
