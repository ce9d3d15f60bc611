import { createHash } from 'node:crypto';
import { dictionary } from '@zxcvbn-ts/language-common';
import { placeholderWords } from './secret-words.ts';

const ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const COMMON_PASSWORDS = 500;

/** Hexadecimal digits of a digest that are compared: people cut the longer ones off there. */
const COMPARED = 32;

let digests: ReadonlySet<string> | undefined;

/** Tells the digest of nothing, or of a word that is guessed first, in hexadecimal or base64, also cut off. */
export function isHashOfWord(text: string): boolean {
  const hex = inHex(text);
  if (hex === undefined) return false;
  digests ??= new Set(hashWords());
  return digests.has(hex.slice(0, COMPARED));
}

function inHex(text: string): string | undefined {
  if (/^[\da-f]{32,128}$/i.test(text)) return text.toLowerCase();
  if (!/^[\w+/-]{22,88}={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('hex');
}

/** With a line end too: `echo secret | sha256sum` hashes one. */
function* hashWords(): Generator<string> {
  const words = [...placeholderWords, ...dictionary['passwords-common'].slice(0, COMMON_PASSWORDS)];
  const texts = ['', ...words].flatMap((word) => [word, `${word}\n`]);
  for (const algorithm of ALGORITHMS) {
    for (const text of texts)
      yield createHash(algorithm).update(text).digest('hex').slice(0, COMPARED);
  }
}
