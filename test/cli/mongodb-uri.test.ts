import test from 'ava';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { emptyDatabase } from '../helpers/database.ts';
import { rescind, run, SERVER } from '../helpers/processes.ts';

const PASSWORD = 'hidden-in-the-uri';

/** URIs that a connection string parser accepts, and the driver or the URI's path does not. */
const URIS = [
  `mongodb://user:${PASSWORD}@127.0.0.1/?unknownOption=1`,
  `mongodb://user:${PASSWORD}@127.0.0.1/?replicaSet=a&replicaSet=b`,
  `mongodb://user:${PASSWORD}@127.0.0.1/a.b`,
  `mongodb://user:${PASSWORD}@127.0.0.1/shop%`,
];

for (const uri of URIS) {
  const shown = uri.replace(PASSWORD, '***');

  test.serial(`a MONGODB_URI that the driver refuses is a wrong setting: ${shown}`, async (t) => {
    const env = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret(), PORT: '0' };
    for (const { code, stderr } of [
      await rescind(t, ['migrate'], { env }),
      await run(t, process.execPath, [SERVER], { env }),
    ]) {
      t.is(code, 78, stderr);
      t.regex(stderr, /MONGODB_URI/);
      t.notRegex(stderr, /^\s+at /m, 'a stack is no sentence');
      t.false(stderr.includes(PASSWORD));
    }
  });
}

test('a command warns of misspelled settings and of options of the URI that it overrides', async (t) => {
  const uri = `${emptyDatabase(t).uri}&w=1`;
  const env = { MONGODB_URI: uri, AUDIT_RETENTION_DAYS: '30' };
  const { code, stderr } = await rescind(t, ['migrate'], { env });
  t.is(code, 0, stderr);
  t.regex(stderr, /^Warning: AUDIT_RETENTION_DAYS is not a setting .*mean AUDIT_RETENTION\?$/m);
  t.regex(stderr, /^Warning: rescind ignores these options of MONGODB_URI .*: w$/m);
});
