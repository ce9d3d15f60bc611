/** A block of text between a BEGIN and an END line (RFC 7468). */
export interface PemBlock {
  /** The label of the BEGIN line, such as `PRIVATE KEY`. */
  readonly label: string;
  /** The text between the BEGIN and the END line. */
  readonly text: string;
}

const BLOCKS = /-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END \1-----/gs;

/**
 * Returns the blocks of a text in order. Returns undefined if there is no block, or text outside the blocks, which may
 * be a truncated block. Accepts the two characters `\n` as a line break, as in .env files without quotes.
 */
export function parsePem(pem: string): readonly PemBlock[] | undefined {
  if (typeof pem !== 'string') return undefined;
  const text = pem.replaceAll(/\\r|\\n/g, '\n');
  const blocks = [...text.matchAll(BLOCKS)].map(([, label = '', text = '']) => ({ label, text }));
  return blocks.length === 0 || text.replaceAll(BLOCKS, '').trim() !== '' ? undefined : blocks;
}

/** Returns the bytes of a block; undefined if its text is not base64. */
export function decodeBytes({ text }: PemBlock): Buffer | undefined {
  const base64 = text.replaceAll(/\s/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : undefined;
}
