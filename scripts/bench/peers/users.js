import DataLoader from 'dataloader';
import { connectMongo } from './mongo.js';
import { row } from './row.js';

const projection = { email: 1, name: 1, company_id: 1, roles: 1, disabled_at: 1 };

/**
 * How this row loads users: `async (id) => user`, null for one that is missing or disabled; or
 * undefined, where the row loads none.
 *
 * `batchScheduleFn` says when a batch starts; dataloader's own choice is the end of the current
 * callback and of the promises that follow from it.
 */
export async function createUserLoad({ batchScheduleFn } = {}) {
  if (row.userLoad === 'none') return undefined;
  const client = await connectMongo();
  const users = client.db().collection('users');
  const load =
    row.userLoad === 'batched' ? batchedLoad(users, batchScheduleFn) : documentedLoad(users);
  return async (id) => enabled(await load(id));
}

function enabled(user) {
  return user && user.disabled_at === null ? user : null;
}

/** As the driver's documentation shows it. */
function documentedLoad(users) {
  return (id) => users.findOne({ _id: id }, { projection });
}

/**
 * One read for all that ask at once. The loader lives as long as the process, so its cache is off:
 * a user disabled meanwhile would otherwise be let in for ever.
 */
function batchedLoad(users, batchScheduleFn) {
  const options = { cache: false, batchScheduleFn };
  const loader = new DataLoader((ids) => findMany(users, ids), options);
  return (id) => loader.load(id);
}

/** MongoDB's first reply has 101 documents unless more are asked for. */
async function findMany(users, ids) {
  const options = { projection, batchSize: ids.length + 1 };
  const found = await users.find({ _id: { $in: ids } }, options).toArray();
  const byId = new Map(found.map((user) => [user._id, user]));
  return ids.map((id) => byId.get(id) ?? null);
}
