import { rmSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { SECOND } from '../../lib/time.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { endChild, spawnChild } from '../../scripts/dev/processes.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { readmeBlock } from '../helpers/readme.ts';
import { logIn, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

/** Runs the example as it stands, but for its port, as a program that has rescind installed. */
async function runExample(t: ExecutionContext, env: Record<string, string>): Promise<string> {
  const port = await freePort();
  const file = `dist/readme-example-${port}.mjs`;
  writeFileSync(file, readmeBlock('js', 'rescind/koa').replace('3000', String(port)));
  const child = spawnChild(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  t.teardown(async () => {
    await endChild(child, 10 * SECOND);
    rmSync(file);
  });
  const url = `http://127.0.0.1:${port}`;
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  await waitFor('The example', () => fetch(url), { signal: gone.signal });
  return url;
}

test('the eight lines of the README protect a route with the tokens of the server', async (t) => {
  t.is(readmeBlock('js', 'rescind/koa').split('\n').filter(Boolean).length, 8);
  const { url, uri, secret, collections } = await testServer(t);
  const user = await addUser(collections, { name: 'Ann' });
  const own = await runExample(t, { MONGODB_URI: uri, JWT_SECRET_KEY: secret });

  const token = await logIn(url, user.email);
  const greeted = await sendAs(token, own);
  t.deepEqual([greeted.status, greeted.body], [200, 'Hello, Ann']);
  t.is((await sendAs('nonsense', own)).body.code, 'invalid_token');

  await sendAs(token, `${url}/api/auth/logout`, 'POST');
  const refused = await sendAs(token, own);
  t.deepEqual([refused.status, refused.body.detail], [401, 'Token has been revoked']);
});
