import { gzipSync } from 'node:zlib';
import test from 'ava';
import { loopTime } from '../helpers/loop-clock.ts';
import { converse, testServer } from '../helpers/server.ts';
import { request } from './smuggling.ts';

/** Bodies that are refused before all of them is read, by what is wrong with them. */
const BODIES: Readonly<Record<string, { status: number; headers?: string[]; body: string }>> = {
  'too large': { status: 413, body: 'x'.repeat(600_000) },
  'a little too large': { status: 413, body: ' '.repeat(16 * 1024 + 1) },
  'too large, in chunks': {
    status: 413,
    headers: ['Transfer-Encoding: chunked'],
    body: `${(200_000).toString(16)}\r\n${'x'.repeat(200_000)}\r\n0\r\n\r\n`,
  },
  'too large once unpacked': {
    status: 413,
    headers: ['Content-Encoding: gzip'],
    body: gzipSync(Buffer.alloc(600_000, ' ')).toString('latin1').padEnd(200_000),
  },
  'broken packing': {
    status: 400,
    headers: ['Content-Encoding: gzip'],
    body: 'x'.repeat(600_000),
  },
  'unknown packing': {
    status: 415,
    headers: ['Content-Encoding: zstd'],
    body: 'x'.repeat(600_000),
  },
  'another type': { status: 415, headers: ['Content-Type: text/plain'], body: 'x'.repeat(600_000) },
};

for (const [name, { status, headers = [], body }] of Object.entries(BODIES)) {
  test(`A connection whose body was refused (${name}) takes the next request at once`, async (t) => {
    const { url } = await testServer(t);
    const type = headers.some((header) => header.startsWith('Content-Type'));
    const all = [...(type ? [] : ['Content-Type: application/json']), ...headers];
    const isChunked = headers.some((header) => header.startsWith('Transfer-Encoding'));
    if (!isChunked) all.push(`Content-Length: ${body.length}`);
    const first = request('POST /api/auth/login', ...all) + body;
    const second = request('GET /livez', 'Connection: close');
    const started = loopTime();
    const { statuses } = await converse(url, first + second);
    t.deepEqual(statuses, [status, 200]);
    t.true(loopTime() - started < 10_000, 'not only once the time for a request is up');
  });
}
