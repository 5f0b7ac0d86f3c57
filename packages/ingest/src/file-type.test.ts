import { describe, expect, it } from 'vitest';
import { detectFileType } from './file-type.ts';

const typeOf = (content: string | Uint8Array) =>
  detectFileType(typeof content === 'string' ? Buffer.from(content, 'latin1') : content).mediaType;

describe('detectFileType', () => {
  it('goes by the bytes', () => {
    expect(typeOf('%PDF-1.4 …')).toBe('application/pdf');
    expect(typeOf('<!DOCTYPE html><html></html>')).toBe('text/html');
    expect(typeOf('PK\x03\x04 … word/document.xml')).toContain('wordprocessingml');
    expect(typeOf('\x89PNG\r\n\x1a\n')).toBe('image/png');
    expect(typeOf('plain words')).toBe('text/plain');
    expect(typeOf(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]))).toBe('application/octet-stream');
  });

  it('knows an encrypted office file from an old Word file', () => {
    const ole = (stream: string) =>
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(100), Buffer.from(stream, 'utf16le')]);
    expect(typeOf(ole('EncryptedPackage'))).toBe('application/x-encrypted-office');
    expect(typeOf(ole('WordDocument'))).toBe('application/msword');
  });

  it('does not take text that talks about PDF for PDF', () => {
    expect(typeOf('A file begins with %PDF-1.7 when it is one.')).toBe('text/plain');
  });
});
