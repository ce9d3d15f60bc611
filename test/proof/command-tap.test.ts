import test, { type ExecutionContext } from 'ava';
import { type Collection, type Document, MongoClient } from 'mongodb';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { proxiedMongod } from '../helpers/mongod.ts';
import { createCommandTap } from '../helpers/proxy/command-tap.ts';
import { tellsOwners } from '../helpers/proxy/socket-owner.ts';

const onLinux = tellsOwners ? test : test.skip;

/** Opens a collection through the tap, and the same collection past it. */
async function open(t: ExecutionContext) {
  const tap = createCommandTap();
  const mongod = await proxiedMongod(t, { openRelay: tap.openRelay });
  const past = `mongodb://127.0.0.1:${mongod.port}/rescind?directConnection=true`;
  const [entries, entriesPast] = [mongod.uri, past].map((uri): Collection<Document> => {
    const client = new MongoClient(uri);
    t.teardown(() => client.close());
    return client.db().collection('entries');
  });
  if (entries === undefined || entriesPast === undefined) throw new Error('Two were opened');
  await Promise.all([entries.findOne(), entriesPast.findOne()]);
  return { tap, entries, entriesPast };
}

/** Inserts a document, and tells when that was acknowledged. */
function insert(entries: Collection<Document>, name: string) {
  const state = { isDone: false };
  const done = entries.insertOne({ name }).then(() => {
    state.isDone = true;
  });
  return { state, done };
}

const isInsert = (command: Document) => command['insert'] === 'entries';

onLinux('a command that is held back arrives after the release, and others pass', async (t) => {
  const { tap, entries, entriesPast } = await open(t);
  const seen = new Promise<boolean>((resolve) => {
    tap.listen((command, isFrom) => isInsert(command) && resolve(isFrom(process.pid)));
  });
  tap.hold({ pid: process.pid, command: isInsert });
  const { state, done } = insert(entries, 'held');
  t.true(await seen);
  t.is(await entries.countDocuments(), 0);
  t.false(state.isDone);
  tap.release();
  await done;
  t.is(await entriesPast.countDocuments(), 1);
});

onLinux('where answers are held back, commands arrive all the same', async (t) => {
  const { tap, entries, entriesPast } = await open(t);
  tap.hold({ pid: process.pid, answers: true });
  const { state, done } = insert(entries, 'unanswered');
  await waitFor('The document', async () => (await entriesPast.countDocuments()) === 1);
  t.false(state.isDone);
  tap.release();
  await done;
  t.true(state.isDone);
});

onLinux('the traffic of other processes passes', async (t) => {
  const { tap, entries } = await open(t);
  tap.hold({ pid: process.ppid, command: isInsert, answers: true });
  await insert(entries, 'passes').done;
  t.is(await entries.countDocuments(), 1);
});
