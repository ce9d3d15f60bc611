/** Formats a PEM setting as one line that Node and shells can read: in quotes, with `\n` in place of line breaks. */
export function pemLine(name: string, pem: string): string {
  return `${name}="${pem.trimEnd().replaceAll('\n', String.raw`\n`)}"`;
}
