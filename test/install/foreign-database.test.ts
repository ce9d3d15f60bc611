import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { copyTree } from './copy.ts';

const FOREIGN = { MONGODB_URI: 'mongodb://db.example.com/prod' };

/** Runs inside `npm test` in the copy: what the tests can see of the world outside. */
const SEES_NOTHING = `
import test from 'ava';

test('the tests see nothing of the configured database', (t) => {
  t.is(process.env['MONGODB_URI'], undefined);
  t.is(process.env['MONGODB_URI_FILE'], undefined);
  t.is(process.env['JWT_SECRET_KEY'], undefined);
  t.regex(process.env['TEST_MONGODB_URI'] ?? '', /^mongodb:..127[.]0[.]0[.]1:/);
});
`;

test('`MONGODB_URI=mongodb://db.example.com/prod npm run dev` touches nothing there, nor does `npm test`', async (t) => {
  const copy = copyTree(t);
  writeFileSync(join(copy.folder, 'test/sees-nothing.test.ts'), SEES_NOTHING);
  const installed = await copy.run('npm ci');
  t.is(installed.code, 0, installed.stderr);

  const dev = await copy.run('npm run dev', FOREIGN);
  t.is(dev.code, 78);
  t.regex(
    dev.stderr,
    /MONGODB_URI is set, and npm run dev does not use it: it names db\.example\.com/,
  );
  t.false(existsSync(join(copy.folder, '.data')));

  const secret = { JWT_SECRET_KEY: 'of-a-server-that-is-configured' };
  const tested = await copy.run('npm test -- test/sees-nothing.test.ts', { ...FOREIGN, ...secret });
  t.is(tested.code, 0, tested.stdout + tested.stderr);
  t.regex(tested.stdout, /1 test passed/);

  writeFileSync(join(copy.folder, '.env'), `MONGODB_URI=${FOREIGN.MONGODB_URI}\n`);
  const fromFile = await copy.run('npm run dev');
  t.is(fromFile.code, 78);
  const withFile = await copy.run('npm test -- test/sees-nothing.test.ts');
  t.is(withFile.code, 0, withFile.stdout + withFile.stderr);
});
