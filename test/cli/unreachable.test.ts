import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { MongoClient } from 'mongodb';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { testUri } from '../helpers/database.ts';
import { ownMongod } from '../helpers/mongod.ts';
import { emptyFolder, rescind, SERVER, start } from '../helpers/processes.ts';

/** Loaded before the program: 127.0.0.1 stands in for a set's name that only resolves elsewhere. */
const NO_NAMES = `
const dns = require('node:dns');
const real = dns.lookup;
dns.lookup = (host, options, done) => {
  const callback = typeof options === 'function' ? options : done;
  if (host !== 'localhost') return real(host, options, done);
  const error = Object.assign(new Error('getaddrinfo ENOTFOUND ' + host), { code: 'ENOTFOUND' });
  process.nextTick(callback, error);
};`;

function withoutNames(t: Parameters<typeof emptyFolder>[0]): string {
  const file = join(emptyFolder(t), 'no-names.cjs');
  writeFileSync(file, NO_NAMES);
  return `--require ${file}`;
}

test.serial(
  'a set whose names do not resolve here is reported as such, by migrate and by the server',
  async (t) => {
    const mongod = await ownMongod(t);
    const { port } = new URL(mongod.uri);
    const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
    const admin = client.db('admin');
    const { config } = await admin.command({ replSetGetConfig: 1 });
    const members = [{ ...config.members[0], host: `localhost:${port}` }];
    const version = config.version + 1;
    await admin.command({ replSetReconfig: { ...config, version, members }, force: true });
    await client.close();
    const env = {
      MONGODB_URI: mongod.uri,
      JWT_SECRET_KEY: generateSecret(),
      NODE_OPTIONS: withoutNames(t),
      HOST: '127.0.0.1',
      PORT: '0',
    };
    const { code, stderr } = await rescind(t, ['migrate'], { env });
    t.is(code, 69, stderr);
    t.regex(stderr, new RegExp(`names .* do not resolve on this machine: localhost:${port}`));
    t.notRegex(stderr, /^\s+at /m);
    const server = start(t, process.execPath, [SERVER], { env });
    await server.seen(/do not resolve on this machine/);
  },
);

test('other ways in which a server is not reached have one sentence each', async (t) => {
  const closed = await freePort();
  const plain = new URL(testUri()).host;
  const cases = [
    [`mongodb://127.0.0.1:${closed}/shop`, /refuses connections/],
    [`mongodb://nowhere.invalid/shop`, /the name of nowhere.invalid:27017 does not resolve/],
    [
      `mongodb+srv://nowhere.invalid/shop`,
      /did not answer: DNS returned no servers .*_tcp\.nowhere\.invalid/,
    ],
    [`mongodb://${plain}/shop?replicaSet=other`, /names the set other, but no server/],
    [`mongodb://${plain}/shop?tls=true`, /only one side uses TLS/],
  ] as const;
  for (const [MONGODB_URI, pattern] of cases) {
    const { code, stderr } = await rescind(t, ['migrate'], { env: { MONGODB_URI } });
    t.is(code, 69, stderr);
    t.regex(stderr, pattern);
    t.is(stderr.trim().split('\n').length, 1, stderr);
  }
});
