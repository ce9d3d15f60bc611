import { type Db, orUnavailable } from '../../lib/store/database.ts';
import { isReadyForUsers } from '../../lib/store/migrate.ts';

/** Throws the refusal where the database is not migrated: addresses might not be unique there. */
export async function assertReadyForUsers(
  db: Db,
  refusal: (message: string) => Error,
): Promise<void> {
  if (await orUnavailable(isReadyForUsers(db))) return;
  throw refusal('The database is not ready. Run: npm run migrate');
}
