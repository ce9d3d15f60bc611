import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { GoodBody } from './body-fixture.ts';
import { formMutators, jsonMutators, toForm } from './body-texts.ts';
import type { Random } from './random.ts';

/** A request with a body that may be anything. */
export interface MutantBody {
  readonly mutator: string;
  readonly good: GoodBody;
  readonly type: string;
  readonly encoding?: string;
  readonly bytes: Buffer;
}

/** Edits that know nothing of JSON or forms. */
const byteMutators: Readonly<Record<string, (bytes: Buffer, random: Random) => Buffer>> = {
  'bit flipped': (bytes, { below }) => {
    const index = below(bytes.length);
    return spliceBytes(bytes, index, 1, [(bytes[index] ?? 0) ^ (1 << below(8))]);
  },
  'bytes inserted': (bytes, random) =>
    spliceBytes(bytes, random.below(bytes.length + 1), 0, [...random.bytes(1, 3)]),
  'bytes removed': (bytes, { below }) => spliceBytes(bytes, below(bytes.length), 1 + below(5), []),
  cut: (bytes, { below }) => bytes.subarray(0, below(bytes.length + 1)),
  repeated: (bytes, { below }) => Buffer.alloc(bytes.length * (2 + below(199)), bytes),
  'other bytes': (_, random) => random.bytes(0, 300),
  'a byte order mark': (bytes) => spliceBytes(bytes, 0, 0, [0xef, 0xbb, 0xbf]),
  'UTF-16': (bytes) => Buffer.from(bytes.toString(), 'utf16le'),
  'ISO-8859-1': (bytes) => Buffer.from(bytes.toString().replace('e', '\u00e9'), 'latin1'),
  'a byte that is not UTF-8': (bytes, { below, pick }) =>
    spliceBytes(bytes, below(bytes.length + 1), 0, [pick([0x80, 0xc0, 0xff, 0xed])]),
};

function spliceBytes(
  bytes: Buffer,
  from: number,
  removed: number,
  inserted: readonly number[],
): Buffer {
  const rest = bytes.subarray(from + removed);
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(inserted), rest]);
}

const FORM = 'application/x-www-form-urlencoded';

const TYPES = [
  ...[FORM, `${FORM}; charset=utf-8`, `${FORM}; charset=utf-7`],
  ...[
    '',
    '; charset=utf-8',
    '; charset=utf-16le',
    '; charset=latin1',
    '; charset',
    ', text/plain',
  ].map((rest) => `application/json${rest}`),
  ...['Application/JSON;charset="UTF-8"', 'application/vnd.api+json', 'application/xml'],
  ...['text/plain', 'multipart/form-data; boundary=x', '', ';', '*/*', 'x'.repeat(2_000)],
];

const PACKINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  identity: (bytes) => bytes,
  GZIP: gzipSync,
};

/** Mutates a body of one of the endpoints, mostly by edits that know what a body means. */
export function mutateBody(goods: readonly GoodBody[], random: Random): MutantBody {
  const { pick, below } = random;
  const good = pick(goods.flatMap((each) => Array<GoodBody>(each.weight).fill(each)));
  const text = good.isForm ? toForm(good.fields) : JSON.stringify(good.fields);
  const bytes = Buffer.from(text);
  const body = { good, type: good.isForm ? FORM : 'application/json', bytes };
  const kind = below(11);
  if (kind < 6) {
    const [mutator, mutate] = pick(Object.entries(good.isForm ? formMutators : jsonMutators));
    return { ...body, mutator, bytes: Buffer.from(mutate(good.fields, random)) };
  }
  if (kind < 9) {
    const [mutator, mutate] = pick(Object.entries(byteMutators));
    return { ...body, mutator, bytes: mutate(bytes, random) };
  }
  if (kind === 9) {
    const any = Array.from({ length: below(31) }, () => String.fromCharCode(32 + below(95)));
    const type = pick([pick(TYPES), any.join('')]);
    return { ...body, mutator: 'another type of content', type };
  }
  return { ...body, mutator: 'packed', ...pack(bytes, random) };
}

/** Packs a body as the header says, or not as it says, broken, or as a bomb. */
function pack(body: Buffer, { pick }: Random): { encoding: string; bytes: Buffer } {
  const [name, packing] = pick(Object.entries(PACKINGS));
  const other = pick([...Object.keys(PACKINGS), 'zstd', 'gzip, gzip', 'x', '']);
  const packed = packing(pick([body, Buffer.alloc(2_000_000, ' '), Buffer.alloc(0)]));
  const bytes = pick([packed, packed.subarray(0, -3), spliceBytes(packed, 2, 1, [0xff])]);
  return { encoding: pick([name, other]), bytes };
}
