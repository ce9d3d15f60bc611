import { type Db, orUnavailable } from '../../lib/store/database.ts';
import { isReady } from '../../lib/store/migrate.ts';

/** Throws the refusal where the database is not migrated: addresses might not be unique there. */
export async function assertReady(
  db: Db,
  collection: Parameters<typeof isReady>[1],
  refusal: (message: string) => Error,
): Promise<void> {
  if (await orUnavailable(isReady(db, collection))) return;
  throw refusal('The database is not ready. Run: npm run migrate');
}
