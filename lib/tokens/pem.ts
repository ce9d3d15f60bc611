/** What stands between a BEGIN and an END line (RFC 7468). */
export interface PemBlock {
  /** What the BEGIN line calls it, such as `PRIVATE KEY`. */
  readonly label: string;
  /** Everything between the lines. */
  readonly text: string;
}

const BLOCKS = /-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END \1-----/gs;

/**
 * The blocks of a text, in their order; undefined where there is none, or anything beside them: a block that was
 * cut off must not go unseen. Takes `\n` for a line break, as it stands in .env files without quotes.
 */
export function parsePem(pem: string): readonly PemBlock[] | undefined {
  if (typeof pem !== 'string') return undefined;
  const text = pem.replaceAll(/\\r|\\n/g, '\n');
  const blocks = [...text.matchAll(BLOCKS)].map(([, label = '', text = '']) => ({ label, text }));
  return blocks.length === 0 || text.replaceAll(BLOCKS, '').trim() !== '' ? undefined : blocks;
}

/** The bytes of a block; undefined where its text is no base64. */
export function bytesOf({ text }: PemBlock): Buffer | undefined {
  const base64 = text.replaceAll(/\s/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined;
}
