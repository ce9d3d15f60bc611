/** Formats a PEM setting as one line of .env for Node and shells: in quotes, with `\n` for the line breaks. */
export function pemLine(name: string, pem: string): string {
  return `${name}="${pem.trimEnd().replaceAll('\n', String.raw`\n`)}"`;
}
