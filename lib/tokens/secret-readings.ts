/** Writings of a text in which a person may have hidden another one, as that text. */
const DECODERS: readonly ((text: string) => string | undefined)[] = [
  (text) => (/^(?:[\da-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex').toString() : undefined),
  (text) => (/^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64').toString() : undefined),
  (text) => (/%[\da-f]{2}/i.test(text) ? decodePercent(text) : undefined),
  (text) =>
    /^.([^\p{L}\p{N}])(?:.\1)+.?$/su.test(text)
      ? [...text].filter((_, at) => at % 2 === 0).join('')
      : undefined,
];

const MOST_LAYERS = 2;

/** The text, and what it says in hexadecimal, in base64, in percent signs, or with a sign after each character. */
export function readingsOf(text: string, layers = MOST_LAYERS): readonly string[] {
  if (layers === 0) return [text];
  const decoded = DECODERS.map((decode) => decode(text) ?? '').filter(isText);
  return [text, ...decoded.flatMap((each) => readingsOf(each.trim(), layers - 1))];
}

/** Random bytes are none: one in three of them is printable. */
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
