import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { BodyScene, GoodBody } from './body-scene.ts';
import { formTexts } from './form-texts.ts';
import { jsonTexts } from './json-texts.ts';

/** A request with a body that may be anything. */
export interface MutantBody {
  readonly mutator: string;
  readonly good: GoodBody;
  readonly type: string;
  readonly encoding?: string;
  readonly bytes: Buffer;
}

const TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json',
  'application/json; charset=utf-8',
  'Application/JSON;charset="UTF-8"',
  'application/json; charset=utf-16le',
  'application/json; charset=latin1',
  'application/json; charset',
  'application/json, text/plain',
  'application/vnd.api+json',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded; charset=utf-8',
  'application/x-www-form-urlencoded; charset=utf-7',
  '',
  ';',
  '*/*',
  'x'.repeat(2_000),
];

const PACKINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  identity: (bytes) => bytes,
  GZIP: (bytes) => gzipSync(bytes),
};

type Change = (bytes: Buffer) => Buffer;

/** Changes that know nothing of JSON or forms. */
const BYTES: Readonly<Record<string, fc.Arbitrary<Change>>> = {
  'bit flipped': fc.tuple(fc.nat(), fc.nat({ max: 7 })).map(([place, bit]) => (bytes) => {
    const index = place % Math.max(1, bytes.length);
    return splice(bytes, index, 1, [(bytes[index] ?? 0) ^ (1 << bit)]);
  }),
  'bytes inserted': fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 3 })).map(
    ([place, more]) =>
      (bytes) =>
        splice(bytes, place % (bytes.length + 1), 0, [...more]),
  ),
  'bytes removed': fc.tuple(fc.nat(), fc.integer({ min: 1, max: 5 })).map(
    ([place, count]) =>
      (bytes) =>
        splice(bytes, place % Math.max(1, bytes.length), count, []),
  ),
  cut: fc.nat().map((end) => (bytes) => bytes.subarray(0, end % (bytes.length + 1))),
  repeated: fc
    .integer({ min: 2, max: 200 })
    .map((times) => (bytes) => Buffer.alloc(bytes.length * times, bytes)),
  'other bytes': fc.uint8Array({ maxLength: 300 }).map((other) => () => Buffer.from(other)),
  'a byte order mark': fc.constant((bytes) =>
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
  ),
  'UTF-16': fc.constant((bytes) => Buffer.from(bytes.toString(), 'utf16le')),
  'ISO-8859-1': fc.constant((bytes) =>
    Buffer.from(bytes.toString().replace('e', '\u00e9'), 'latin1'),
  ),
  'a byte that is not UTF-8': fc.tuple(fc.nat(), fc.constantFrom(0x80, 0xc0, 0xff, 0xed)).map(
    ([place, byte]) =>
      (bytes) =>
        splice(bytes, place % (bytes.length + 1), 0, [byte]),
  ),
};

function splice(bytes: Buffer, from: number, removed: number, inserted: readonly number[]): Buffer {
  return Buffer.concat([
    bytes.subarray(0, from),
    Buffer.from(inserted),
    bytes.subarray(from + removed),
  ]);
}

/** Bodies to all the endpoints, most of them by changes that know what a body means. */
export function mutantBodies({ goods }: BodyScene): fc.Arbitrary<MutantBody> {
  const good = fc.oneof(...goods.map((it) => ({ weight: it.weight, arbitrary: fc.constant(it) })));
  return good.chain((it) =>
    fc.oneof(
      { weight: 6, arbitrary: withText(it) },
      { weight: 3, arbitrary: withBytes(it) },
      { weight: 1, arbitrary: withType(it) },
      { weight: 1, arbitrary: withPacking(it) },
    ),
  );
}

function plain(good: GoodBody, mutator: string, bytes: Buffer): MutantBody {
  return { mutator, good, type: good.headers[0]?.[1] ?? '', bytes };
}

function withText(good: GoodBody): fc.Arbitrary<MutantBody> {
  const texts = Object.entries(good.isForm ? formTexts : jsonTexts);
  return fc
    .constantFrom(...texts)
    .chain(([mutator, make]) =>
      make(good.fields).map((text) => plain(good, mutator, Buffer.from(text))),
    );
}

function good(body: GoodBody): Buffer {
  const text = body.isForm
    ? new URLSearchParams(body.fields).toString()
    : JSON.stringify(body.fields);
  return Buffer.from(text);
}

function withBytes(it: GoodBody): fc.Arbitrary<MutantBody> {
  return fc
    .constantFrom(...Object.entries(BYTES))
    .chain(([mutator, change]) => change.map((make) => plain(it, mutator, make(good(it)))));
}

function withType(it: GoodBody): fc.Arbitrary<MutantBody> {
  const type = fc.oneof(fc.constantFrom(...TYPES), fc.stringMatching(/^[ -~]{0,30}$/));
  return type.map((text) => ({ ...plain(it, 'another type of content', good(it)), type: text }));
}

/** Packed as it says, as it does not say, broken, or a bomb. */
function withPacking(it: GoodBody): fc.Arbitrary<MutantBody> {
  const how = fc.constantFrom(...Object.entries(PACKINGS));
  const said = fc.constantFrom(...Object.keys(PACKINGS), 'zstd', 'gzip, gzip', 'x', '');
  const what = fc.constantFrom(good(it), Buffer.alloc(2_000_000, ' '), Buffer.alloc(0));
  const broken = fc.constantFrom<Change>(
    (bytes) => bytes,
    (bytes) => bytes.subarray(0, -3),
    (bytes) => splice(bytes, 2, 1, [0xff]),
  );
  return fc
    .tuple(how, said, what, broken, fc.boolean())
    .map(([[name, pack], other, bytes, harm, isHonest]) => ({
      ...plain(it, 'packed', harm(pack(bytes))),
      encoding: isHonest ? name : other,
    }));
}
