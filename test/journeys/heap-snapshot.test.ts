/** The memory of a server, as a snapshot of its heap shows it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readUnverifiedToken } from '../../lib/tokens/access/unverified-token.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { codeAtSignal } from '../helpers/code-at-signal.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { emptyFolder, startServerProcess } from '../helpers/processes.ts';
import { sendAs } from '../helpers/server.ts';
import { openSession, refresh, toTokens } from '../helpers/sessions.ts';
import { addUser } from '../helpers/users.ts';
import { untilHeld } from './leases.ts';

/** Starts a server that follows, and can write a snapshot of its heap, in which no string is cut. */
async function openFixture(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  const file = join(emptyFolder(t), 'server.heapsnapshot');
  const code = `
    const v8 = process.getBuiltinModule('node:v8');
    v8.setFlagsFromString('--heap-snapshot-string-limit=1000000');
    v8.writeHeapSnapshot(${JSON.stringify(file)}); // collects garbage first
    console.log('snapshot written');`;
  const server = await startServerProcess(t, {
    MONGODB_URI: uri,
    JWT_SECRET_KEY: generateSecret(),
    FOLLOW: 'auto',
    ...codeAtSignal(t, code),
  });
  const { email } = await addUser(collections);
  async function takeSnapshot(): Promise<string> {
    server.kill('SIGUSR2');
    await server.seen(/snapshot written/);
    return readFileSync(file, 'latin1');
  }
  return { url: server.url, email, takeSnapshot };
}

test('a snapshot of the heap of a server has no token that could be used, not even of those it knows', async (t) => {
  const { url, email, takeSnapshot } = await openFixture(t);
  const first = await openSession(url, email);
  const next = toTokens(await refresh(url, first.refresh));
  await untilHeld(url);
  const accessTokens = [first.access, next.access];
  for (const token of [...accessTokens, ...accessTokens]) {
    t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
  }
  const snapshot = await takeSnapshot();
  for (const token of accessTokens) {
    const { hash = '' } = readUnverifiedToken(token) ?? {};
    t.true(snapshot.includes(hash), 'the server remembers the token');
  }
  for (const token of [...accessTokens, first.refresh, next.refresh]) {
    const [signature = ''] = token.split('.').slice(-1);
    t.is(signature.length, 43);
    t.false(snapshot.includes(signature), 'the signature, and so the token, is not there');
  }
});
