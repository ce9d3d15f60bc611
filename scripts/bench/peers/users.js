import DataLoader from 'dataloader';
import { connectMongo, row } from './harness.js';

const projection = { email: 1, name: 1, company_id: 1, roles: 1, disabled_at: 1 };

/**
 * Returns the user load of this row: `async (id) => user`, null for one that is missing or disabled;
 * undefined when the row loads none. `batchScheduleFn` starts a batch; dataloader's own one does so at the
 * end of the current callback and of the promises that follow from it.
 */
export async function createUserLoad({ batchScheduleFn } = {}) {
  if (row.userLoad === 'none') return undefined;
  const users = (await connectMongo()).db().collection('users');
  const load = row.userLoad === 'batched' ? loadBatched(users, batchScheduleFn) : loadOne(users);
  return async (id) => {
    const user = await load(id);
    return user && user.disabled_at === null ? user : null;
  };
}

/** Loads as the driver's documentation shows it. */
function loadOne(users) {
  return (_id) => users.findOne({ _id }, { projection });
}

/** Loads all at once that ask at once. No cache: it would accept a user disabled meanwhile for ever. */
function loadBatched(users, batchScheduleFn) {
  const loader = new DataLoader(findMany, { cache: false, batchScheduleFn });
  return (id) => loader.load(id);

  async function findMany(ids) {
    // MongoDB's first reply has 101 documents unless more are asked for.
    const options = { projection, batchSize: ids.length + 1 };
    const found = await users.find({ _id: { $in: ids } }, options).toArray();
    const byId = new Map(found.map((user) => [user._id, user]));
    return ids.map((id) => byId.get(id) ?? null);
  }
}
