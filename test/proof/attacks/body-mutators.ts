import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type Fields, formMutators, jsonMutators, toForm } from './body-texts.ts';
import type { Random } from './random.ts';
import { flipBit, insertAt, splice } from './texts.ts';

/** A body that its endpoint accepts. */
export interface GoodBody {
  readonly path: string;
  readonly isForm: boolean;
  readonly fields: Fields;
  readonly authorization: string;
  /** The status of its answer. */
  readonly answer: number;
}

/** A request with a body that may be anything. */
export interface MutantBody {
  readonly mutator: string;
  readonly good: GoodBody;
  readonly type: string;
  readonly encoding?: string;
  readonly bytes: Buffer;
}

/** Edits that know nothing of JSON or forms. The texts stand for their bytes in ISO-8859-1. */
const byteMutators: Readonly<Record<string, (text: string, random: Random) => string>> = {
  'bit flipped': flipBit,
  'bytes inserted': (text, random) => insertAt(text, random, random.bytes(1, 3).toString('latin1')),
  'bytes removed': (text, { below }) => splice(text, below(text.length), 1 + below(5), ''),
  cut: (text, { below }) => text.slice(0, below(text.length + 1)),
  repeated: (text, { below }) => text.repeat(2 + below(199)),
  'other bytes': (_, { bytes }) => bytes(0, 300).toString('latin1'),
  'a byte order mark': (text) => `\u00ef\u00bb\u00bf${text}`,
  'UTF-16': (text) => Buffer.from(text, 'utf16le').toString('latin1'),
  'ISO-8859-1': (text) => text.replace('e', '\u00e9'),
  'a byte that is not UTF-8': (text, random) =>
    insertAt(text, random, random.pick([...'\u0080\u00c0\u00ff\u00ed'])),
};

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

const TYPES = [
  ...[FORM, `${FORM}; charset=utf-8`, `${FORM}; charset=utf-7`, JSON_TYPE],
  ...['utf-8', 'utf-16le', 'latin1'].map((charset) => `${JSON_TYPE}; charset=${charset}`),
  ...[`${JSON_TYPE}; charset`, `${JSON_TYPE}, text/plain`, 'Application/JSON;charset="UTF-8"'],
  ...['application/vnd.api+json', 'application/xml', 'text/plain'],
  ...['multipart/form-data; boundary=x', '', ';', '*/*', 'x'.repeat(2_000)],
];

const PACKINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  identity: (bytes) => bytes,
  GZIP: gzipSync,
};

/** Mutates the body of a request, mostly by edits that know what a body means. */
export function mutateBody(good: GoodBody, random: Random): MutantBody {
  const { pick, below } = random;
  const text = good.isForm ? toForm(good.fields) : JSON.stringify(good.fields);
  const body = { good, type: good.isForm ? FORM : JSON_TYPE, bytes: Buffer.from(text) };
  const kind = below(11);
  if (kind < 6) {
    const [mutator, mutate] = pick(Object.entries(good.isForm ? formMutators : jsonMutators));
    return { ...body, mutator, bytes: Buffer.from(pick([mutate(good.fields, random)].flat())) };
  }
  if (kind < 9) {
    const [mutator, mutate] = pick(Object.entries(byteMutators));
    return { ...body, mutator, bytes: Buffer.from(mutate(text, random), 'latin1') };
  }
  if (kind === 9) {
    const any = Array.from({ length: below(31) }, () => String.fromCharCode(32 + below(95)));
    const type = pick([pick(TYPES), any.join('')]);
    return { ...body, mutator: 'another type of content', type };
  }
  return { ...body, mutator: 'packed', ...pack(body.bytes, random) };
}

/** Packs a body as its Content-Encoding names, or differently, broken, or as a bomb. */
function pack(body: Buffer, { pick }: Random): { encoding: string; bytes: Buffer } {
  const [name, packing] = pick(Object.entries(PACKINGS));
  const other = pick([...Object.keys(PACKINGS), 'zstd', 'gzip, gzip', 'x', '']);
  const packed = packing(pick([body, Buffer.alloc(2_000_000, ' '), Buffer.alloc(0)]));
  const harmed = Buffer.concat([packed.subarray(0, 2), Buffer.of(0xff), packed.subarray(3)]);
  return { encoding: pick([name, other]), bytes: pick([packed, packed.subarray(0, -3), harmed]) };
}
