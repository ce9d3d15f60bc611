/** `revoked_tokens` is lost under servers that follow, with every revocation in it. */
import { NAMES } from '../../../lib/store/mongo/collections.ts';
import type { Db } from '../../../lib/store/mongo/database.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { Fault } from '../fault.ts';
import { pickNext } from '../requests.ts';
import { prepareMigrate } from './migrate.ts';
import { COLLECTION_DEFAULTS } from './operators.ts';

const EMPTY = 'nothing';

/** Ways to lose it, each by other events of the feed. */
export const LOSSES = {
  dropped: (db) => db.collection(NAMES.revokedTokens).drop(),
  'renamed onto': async (db) => {
    await db.createCollection(EMPTY);
    await db.collection(EMPTY).rename(NAMES.revokedTokens, { dropTarget: true });
  },
  'replaced by $out': async (db) => {
    await db.createCollection(EMPTY);
    await db
      .collection(EMPTY)
      .aggregate([{ $out: NAMES.revokedTokens }])
      .toArray();
    await db.collection(EMPTY).drop();
  },
  emptied: (db) => db.collection(NAMES.revokedTokens).deleteMany({}),
} as const satisfies Readonly<Record<string, (db: Db) => Promise<unknown>>>;

const WAYS = Object.values(LOSSES);

type Target = Awaited<ReturnType<typeof open>>;

export const lostCollection: Fault<Target> = {
  ...COLLECTION_DEFAULTS,
  name: 'lose-collection',
  title: '`revoked_tokens` dropped, renamed onto, replaced by `$out` or emptied, then `migrate`',
  rounds: 2 * WAYS.length,
  endsSessions: true,
  open,

  async strike(target) {
    await pickNext(target, WAYS)(target.db);
    target.missing.start = performance.now();
    target.missing.end = Number.POSITIVE_INFINITY;
  },

  async heal({ missing, migrate }, history) {
    missing.end = performance.now();
    await migrate(history);
  },
};

async function open(scope: Scope) {
  const target = await COLLECTION_DEFAULTS.open(scope);
  return { ...target, round: 0, migrate: prepareMigrate(scope, target.mongod.uri) };
}
