/** The share of predictable parts from which a text counts as rearranged. Random text always has a smaller share. */
const MOST = 0.6;
const STRIDES = [2, 3, 4, 5, 6, 7, 8];
const PERIODS = [1, 2, 3, 4];
const NEAR = 2;

/**
 * Returns simpler texts from which a person may have made this text: by alternating the characters of several rows, by
 * inserting a series of numbers, or by encoding a series of bytes.
 */
export function rearrange(text: string): readonly string[] {
  return [...rowsInTurn(text), ...withoutCounters(text), ...firstBytes(text)];
}

/** Separates rows whose characters alternate, and joins the rows: `a1b2c3` becomes `abc123`. */
function rowsInTurn(text: string): readonly string[] {
  const characters = [...text];
  const codes = characters.map((each) => each.toLowerCase().codePointAt(0) ?? 0);
  return STRIDES.filter((stride) => isNear(codes, stride)).map((stride) =>
    Array.from({ length: stride }, (_, row) =>
      characters.filter((_, at) => at % stride === row).join(''),
    ).join(''),
  );
}

/** Returns true if characters `stride` apart have similar codes much more often than characters chosen at random. */
function isNear(codes: readonly number[], stride: number): boolean {
  const rest = codes.slice(stride);
  const near = rest.filter((code, at) => areNear(code, codes[at])).length / rest.length;
  const byChance = nearByChance(codes);
  return near >= MOST && byChance < MOST && near >= (1 + byChance) / 2;
}

function areNear(code: number, other = Number.NaN): boolean {
  return Math.abs(code - other) <= NEAR;
}

function nearByChance(codes: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  let pairs = 0;
  for (const [code, count] of counts) {
    for (const [other, others] of counts) if (areNear(code, other)) pairs += count * others;
  }
  return pairs / codes.length ** 2;
}

/** Removes numbers that continue a series: `a1a2a3a4` becomes `a1a2aa`. A text of digits is cut into numbers. */
function withoutCounters(text: string): readonly string[] {
  const forms = /^\d+$/.test(text) ? [/\d{2}/g, /\d{3}/g, /\d{4}/g] : [/\d+/g];
  return forms.flatMap((form) => {
    const numbers = [...text.matchAll(form)].map(([digits]) => Number(digits));
    const predictable = findPredictable(numbers);
    if (predictable === undefined) return [];
    let index = 0;
    return [text.replace(form, (digits) => (predictable(index++) ? '' : digits))];
  });
}

/** Returns a test for the index of a number that continues a series; undefined if too few numbers do so. */
function findPredictable(numbers: readonly number[]): ((index: number) => boolean) | undefined {
  for (const period of PERIODS) {
    const isPredictable = (index: number) =>
      step(numbers, index, period) === step(numbers, index - period, period);
    const rest = numbers.length - 2 * period;
    const predictable = numbers.filter((_, index) => isPredictable(index)).length;
    if (rest >= 2 && predictable >= MOST * rest) return isPredictable;
  }
  return undefined;
}

function step(numbers: readonly number[], index: number, period: number): number {
  return (numbers[index] ?? Number.NaN) - (numbers[index - period] ?? Number.NaN);
}

/** Decodes hexadecimal and base64. Returns the first four bytes if the bytes are a series, such as 00 01 02. */
function firstBytes(text: string): readonly string[] {
  const encodings = [
    ...(/^(?:[\da-f]{2})+$/i.test(text) ? (['hex'] as const) : []),
    ...(/^[\w+/-]+={0,2}$/.test(text) ? (['base64'] as const) : []),
  ];
  return encodings
    .map((encoding) => [...Buffer.from(text, encoding)])
    .filter((bytes) => countPredictable(bytes) >= MOST * bytes.length)
    .map((bytes) => bytes.slice(0, 4).join(','));
}

function countPredictable(bytes: readonly number[]): number {
  return bytes.filter(
    (byte, at) => at >= 2 && ((byte - 2 * (bytes[at - 1] ?? 0) + (bytes[at - 2] ?? 0)) & 255) === 0,
  ).length;
}
