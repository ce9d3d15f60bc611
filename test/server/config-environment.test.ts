import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readEnvironment } from '../../server/config/env.ts';
import { emptyFolder } from '../helpers/processes.ts';

test('.env is read where it is present', (t) => {
  const folder = emptyFolder(t);
  t.deepEqual(readEnvironment(folder, { PORT: '1' }), { PORT: '1' });
  writeFileSync(join(folder, '.env'), '# A comment\nHOST=::1\nJWT_ISSUER="a # b"\n\nPORT=2\n');
  t.deepEqual(readEnvironment(folder, {}), { HOST: '::1', JWT_ISSUER: 'a # b', PORT: '2' });
});

test('the real environment wins over .env, even where it is empty', (t) => {
  const folder = emptyFolder(t);
  writeFileSync(join(folder, '.env'), 'HOST=::1\nPORT=2\nLOG_LEVEL=warn\n');
  const real = { PORT: '3', LOG_LEVEL: '' };
  t.deepEqual(readEnvironment(folder, real), { HOST: '::1', PORT: '3', LOG_LEVEL: '' });
});

test('reading .env changes nothing in the process', (t) => {
  const folder = emptyFolder(t);
  writeFileSync(join(folder, '.env'), 'RESCIND_TEST_VARIABLE=set\n');
  readEnvironment(folder, process.env);
  t.is(process.env['RESCIND_TEST_VARIABLE'], undefined);
});

for (const [name, mark, encoding] of [
  ['UTF-8 with a byte order mark', '\ufeff', 'utf8'],
  ['UTF-16, little-endian', '\ufeff', 'utf16le'],
  ['UTF-16, big-endian', '\ufeff', 'utf16be'],
] as const) {
  test(`.env is read as editors write it: ${name}`, (t) => {
    const folder = emptyFolder(t);
    const bytes = Buffer.from(
      `${mark}HOST=::1\r\nPORT=2\r\n`,
      encoding === 'utf8' ? 'utf8' : 'utf16le',
    );
    writeFileSync(join(folder, '.env'), encoding === 'utf16be' ? bytes.swap16() : bytes);
    t.deepEqual(readEnvironment(folder, {}), { HOST: '::1', PORT: '2' });
  });
}
