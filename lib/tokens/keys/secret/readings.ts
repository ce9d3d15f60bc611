type Decode = (text: string) => string | undefined;

/** Names of encodings that people put before an encoded text. */
const PREFIX = /^(?:base64|b64|hex|plain|text|0x)[:=,]?(?=[\w+/-])/i;

/** Decoders of the encodings in which people hide a text. */
const DECODERS: readonly Decode[] = [
  (text) => (PREFIX.test(text) ? text.replace(PREFIX, '') : undefined),
  (text) => (/^(?:[\da-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex').toString() : undefined),
  (text) => (/^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString() : undefined),
  (text) => (/^[A-Z2-7]+=*$/i.test(text) ? decodeBase32(text) : undefined),
  (text) => (/%[\da-f]{2}/i.test(text) ? decodePercent(text) : undefined),
  (text) => decodeCodes(text, /(?:\\x|\\u00|[:,-]|0x|\s)*([\da-f]{2})/gi, 16),
  (text) => decodeCodes(text, /(?:&#|[;,.\s-])*(\d{2,3})/g, 10),
  (text) => decodeCodes(text, /[\s,-]*([01]{8})/g, 2),
  (text) =>
    /^.([^\p{L}\p{N}])(?:.\1)+.?$/su.test(text)
      ? [...text].filter((_, at) => at % 2 === 0).join('')
      : undefined,
];

const MOST_LAYERS = 2;

/**
 * Returns the text, and every readable text that it decodes to as hexadecimal, base64, base32, percent-encoding,
 * character codes, or characters separated by a sign.
 */
export function decodeLayers(text: string, layers = MOST_LAYERS): readonly string[] {
  if (layers === 0) return [text];
  const decoded = DECODERS.map((decode) => decode(text) ?? '').filter(isText);
  return [text, ...decoded.flatMap((each) => decodeLayers(each.trim(), layers - 1))];
}

/** Returns true for readable text. Random bytes fail, since only about one byte value in three is printable. */
function isText(text: string): boolean {
  return text.length >= 8 && /^[\p{L}\p{N}\p{P}\p{S}\s]+$/u.test(text) && !text.includes('\ufffd');
}

function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Decodes a text that consists only of ASCII character codes. */
function decodeCodes(text: string, code: RegExp, base: number): string | undefined {
  const rest = text.replace(code, '');
  if (rest.length > 1) return undefined;
  const codes = [...text.matchAll(code)].map(([, digits = '']) => Number.parseInt(digits, base));
  return codes.every((each) => each < 128) ? String.fromCharCode(...codes) : undefined;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Decodes base32 (RFC 4648 section 6). */
function decodeBase32(text: string): string {
  const digits = [...text.toUpperCase().replace(/=+$/, '')];
  const bits = digits.map((each) => BASE32.indexOf(each).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2))).toString();
}
