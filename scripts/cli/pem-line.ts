/**
 * Formats a PEM setting as one line of .env, in quotes and with `\n` for the line breaks. Node and shells can read it.
 */
export function pemLine(name: string, pem: string): string {
  return `${name}="${pem.trimEnd().replaceAll('\n', String.raw`\n`)}"`;
}
