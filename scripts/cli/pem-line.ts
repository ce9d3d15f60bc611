/** A setting in PEM as one line of .env, which shells and Node read alike: in quotes, with `\n` for the line breaks. */
export function pemLine(name: string, pem: string): string {
  return `${name}="${pem.trimEnd().replaceAll('\n', String.raw`\n`)}"`;
}
