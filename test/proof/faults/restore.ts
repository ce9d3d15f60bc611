/** A backup is restored as docs/restore.md says, while clients go on asking. */
import type { Document } from 'mongodb';
import type { Db } from '../../../lib/store/mongo/database.ts';
import { SECOND } from '../../../lib/time.ts';
import { openDatabase } from '../../helpers/database.ts';
import type { Scope } from '../../helpers/scope.ts';
import { FOLLOWING } from '../deployment.ts';
import type { Fault } from '../fault.ts';
import { NODE_DEFAULTS, openNode } from './followers.ts';
import { prepareMigrate } from './migrate.ts';

type Target = Awaited<ReturnType<typeof open>>;
type Backup = Awaited<ReturnType<typeof backUp>>;

/** Time for logouts and logins that the backup does not know. */
const OLD = [SECOND / 2, 2 * SECOND] as const;

export const restore: Fault<Target> = {
  ...NODE_DEFAULTS,
  name: 'restore',
  title: 'an older backup is restored, servers stopped, `--after-restore`, servers started',
  rounds: 5,
  lasts: OLD,
  mayBreakOff: true,
  endsSessions: true,
  open,

  async strike(target) {
    target.backup = await backUp(target.db);
  },

  async heal({ db, servers, backup, migrate }, history) {
    if (backup === undefined) throw new Error('There is no backup');
    await Promise.all(servers.map((server) => server.stop()));
    await bringBack(db, backup);
    await migrate(history);
    await Promise.all(servers.map((server) => server.restart()));
  },
};

async function open(scope: Scope) {
  const environment = { ...FOLLOWING, SHUTDOWN_DELAY: '0s' };
  const node = await openNode(scope, [environment, environment]);
  const { uri } = node.mongod;
  return {
    ...node,
    db: openDatabase(scope, uri).db,
    backup: undefined as Backup | undefined,
    migrate: prepareMigrate(scope, uri, '--after-restore'),
  };
}

/** Copies every collection with its options and indexes, as mongodump does. */
async function backUp(db: Db) {
  const collections = await db.listCollections({ type: 'collection' }).toArray();
  return Promise.all(
    collections.map(async ({ name, options }: Document) => ({
      name: String(name),
      options: options as Document,
      indexes: await db.collection(name).indexes(),
      documents: await db.collection(name).find().toArray(),
    })),
  );
}

/** Drops each collection and makes it again, as `mongorestore --drop --bypassDocumentValidation` does. */
async function bringBack(db: Db, backup: Backup): Promise<void> {
  for (const { name, options, indexes, documents } of backup) {
    await db.collection(name).drop();
    const collection = await db.createCollection(name, options);
    const bypassDocumentValidation = true;
    if (documents.length > 0) await collection.insertMany(documents, { bypassDocumentValidation });
    const more = indexes.filter((index) => index['name'] !== '_id_');
    const specs = more.map(({ v, ...index }) => index);
    if (specs.length > 0) await db.command({ createIndexes: name, indexes: specs });
  }
}
