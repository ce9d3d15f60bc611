import { readFileSync } from 'node:fs';

/** Returns the first block of this language in README.md that contains the text. */
export function readmeBlock(language: string, text: string): string {
  const readme = readFileSync('README.md', 'utf8');
  const blocks = [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const found = blocks.find(([, name, body]) => name === language && body?.includes(text));
  if (found?.[2] === undefined) throw new Error(`README.md has no ${language} block with ${text}`);
  return found[2];
}
