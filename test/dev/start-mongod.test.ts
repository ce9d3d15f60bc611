import test, { type ExecutionContext } from 'ava';
import { MongoClient } from 'mongodb';
import { findMongod } from '../../scripts/dev/mongod/find.ts';
import { type MongodOptions, startMongod, withDatabase } from '../../scripts/dev/mongod/start.ts';
import { silentReport } from '../../scripts/dev/progress.ts';
import { emptyFolder } from '../helpers/processes.ts';

const args = ['--oplogSize', '64'];

/** Starts a mongod that ends with the test. */
async function start(t: ExecutionContext, options: Omit<MongodOptions, 'binary'>) {
  const binary = await findMongod(process.env, silentReport);
  const mongod = await startMongod({ binary, args, ...options });
  t.teardown(() => mongod.kill());
  return mongod;
}

/** Writes as the server does, and reads what all the calls so far have written. */
async function write(uri: string): Promise<number> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 10_000 });
  try {
    const writes = client.db().collection('writes');
    await writes.insertOne({}, { writeConcern: { w: 'majority', journal: true } });
    return await writes.countDocuments();
  } finally {
    await client.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('it takes majority writes as soon as it has started', async (t) => {
  const { uri, port } = await start(t, { dataFolder: emptyFolder(t) });
  t.is(uri, `mongodb://127.0.0.1:${port}/?replicaSet=rs0`);
  t.is(withDatabase(uri, 'x'), `mongodb://127.0.0.1:${port}/x?replicaSet=rs0`);
  t.is(await write(uri), 1);
});

test('the same folder starts again on another port, with its data', async (t) => {
  const dataFolder = emptyFolder(t);
  const first = await start(t, { dataFolder });
  await write(first.uri);
  await first.stop();
  const second = await start(t, { dataFolder });
  t.not(second.port, first.port);
  t.is(await write(second.uri), 2);
});

test('after a kill the same folder starts again on the same port, with its data', async (t) => {
  const dataFolder = emptyFolder(t);
  const first = await start(t, { dataFolder });
  await write(first.uri);
  await first.kill();
  t.regex(await first.ended, /^SIGKILL/);
  const second = await start(t, { dataFolder, port: first.port });
  t.is(second.uri, first.uri);
  t.is(await write(second.uri), 2);
});

test('stopping it twice, or at once, is harmless', async (t) => {
  const mongod = await start(t, { dataFolder: emptyFolder(t) });
  await Promise.all([mongod.stop(), mongod.stop()]);
  await mongod.stop();
  await mongod.kill();
  t.false(isAlive(mongod.pid));
  t.regex(await mongod.ended, /^code 0/);
});

test('a folder in use is reported with the process that uses it, which keeps running', async (t) => {
  const dataFolder = emptyFolder(t);
  const first = await start(t, { dataFolder });
  const message = `${dataFolder} is in use by another mongod (pid ${first.pid}). Stop it with: kill ${first.pid}`;
  await t.throwsAsync(start(t, { dataFolder }), { name: 'DataFolderInUse', message });
  t.is(await write(first.uri), 1);
});

test('the mongod on a port that is taken is not taken for the one started', async (t) => {
  const { port } = await start(t, { dataFolder: emptyFolder(t) });
  await t.throwsAsync(start(t, { dataFolder: emptyFolder(t), port }), {
    name: 'PortTaken',
    message: /did not start on .* \(code 48\):[\s\S]*Address already in use/,
  });
});

test('the log of a mongod that does not start is in the error', async (t) => {
  const options = { dataFolder: emptyFolder(t), args: ['--nonsense'] };
  await t.throwsAsync(start(t, options), {
    message: /code 2[\s\S]*unrecognised option '--nonsense'/,
  });
});

test('a binary that cannot be run is reported as such', async (t) => {
  const options = { binary: '/nonexistent/mongod', dataFolder: emptyFolder(t) };
  await t.throwsAsync(startMongod(options), {
    message: /\/nonexistent\/mongod cannot be run: .*ENOENT/,
  });
});
