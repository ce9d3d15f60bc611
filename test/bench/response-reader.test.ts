import test from 'ava';
import { parseResponse, ResponseReader } from '../../scripts/bench/generator/connection.ts';

const BODY = '{"name":"Zoë"}';

const ANSWERS: readonly (readonly [what: string, status: number, text: string])[] = [
  [
    'a length',
    200,
    `HTTP/1.1 200 OK\r\nVary: Origin\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`,
  ],
  [
    'a header in lower case',
    401,
    'HTTP/1.1 401 Unauthorized\r\ncontent-length:12\r\n\r\nUnauthorized',
  ],
  ['an empty body', 503, 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'],
  ['no body', 204, 'HTTP/1.1 204 No Content\r\n\r\n'],
  [
    'chunks',
    200,
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n0C;x=y\r\n:"\r\n\r\n0\r\n\r\n"\r\n0\r\n\r\n',
  ],
];

for (const [what, status, text] of ANSWERS) {
  const bytes = Buffer.from(text);

  test(`an answer with ${what} is read however it is split in two`, (t) => {
    for (let at = 0; at <= bytes.length; at++) {
      const reader = new ResponseReader();
      const seen: number[] = [];
      reader.expect((each) => seen.push(each));
      const packets = [bytes.subarray(0, at), bytes.subarray(at)].filter(
        ({ length }) => length > 0,
      );
      for (const packet of packets) {
        t.deepEqual(seen, [], `split at ${at}`);
        reader.read(packet);
      }
      t.deepEqual(seen, [status], `split at ${at}`);
    }
  });

  test(`an answer with ${what} is read byte by byte, from one buffer that is used again`, (t) => {
    const reader = new ResponseReader();
    const buffer = Buffer.alloc(1);
    const seen: number[] = [];
    for (let round = 1; round <= 2; round++) {
      reader.expect((each) => seen.push(each));
      for (const byte of bytes) {
        buffer[0] = byte;
        reader.read(buffer);
      }
      t.is(seen.length, round);
    }
    t.deepEqual(seen, [status, status]);
  });

  test(`the length of an answer with ${what} ends where the next one begins`, (t) => {
    t.deepEqual(parseResponse(Buffer.concat([bytes, bytes])), { status, length: bytes.length });
  });
}

test('more responses than requests are a fault', (t) => {
  const [, , text = ''] = ANSWERS[0] ?? [];
  const twice = new ResponseReader();
  twice.expect(() => t.fail());
  t.throws(() => twice.read(Buffer.from(text + text)), { message: /more was answered/ });
  t.throws(() => new ResponseReader().read(Buffer.from(text)), { message: /more was answered/ });
});

test('what is no answer is a fault', (t) => {
  for (const text of [
    'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
    'SSH-2.0-x\r\n\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n',
  ]) {
    t.throws(() => parseResponse(Buffer.from(text)), undefined, text);
  }
});

test('an answer that is cancelled is reported once', (t) => {
  const reader = new ResponseReader();
  t.false(reader.cancel());
  reader.expect(() => t.fail());
  t.true(reader.cancel());
  t.false(reader.cancel());
});
