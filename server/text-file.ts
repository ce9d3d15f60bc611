import { readFileSync } from 'node:fs';

/** Reads a text file as editors leave it: UTF-8 or UTF-16. A byte order mark is no part of the text. */
export function readText(file: string): string {
  const bytes = readFileSync(file);
  return new TextDecoder(encodingOf(bytes)).decode(bytes).replace(/^\ufeff+/, '');
}

/** Tells the encoding by the byte order mark; without one by the NUL that UTF-16 has in each letter of ASCII, and no text in UTF-8 has. */
function encodingOf([first, second, third]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first !== 0 && second === 0 && third !== 0) return 'utf-16le';
  return first === 0 && second !== 0 ? 'utf-16be' : 'utf-8';
}
