import { readFileSync } from 'node:fs';

/** Reads a text file as editors leave it: UTF-8, or UTF-16 with a byte order mark, which is no part of the text. */
export function readText(file: string): string {
  const bytes = readFileSync(file);
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder().decode(bytes);
}
