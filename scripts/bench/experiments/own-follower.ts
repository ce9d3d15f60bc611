import { createAuth } from '../../../lib/auth.ts';
import { connect } from '../../../lib/store/mongo/database.ts';
import { SECOND } from '../../../lib/time.ts';
import type { Environment } from '../environment.ts';
import { AUDIENCE, ISSUER } from '../tokens.ts';
import type { OwnSet } from './own-set.ts';

/** Milliseconds: the default deadline, by which the default lease is 2 seconds. */
const DEADLINE = 5 * SECOND;

/** Opens a server without HTTP, which follows by a client of its own, and waits for its lease. */
export async function openFollower({ secret }: Pick<Environment, 'secret'>, { uri }: OwnSet) {
  const connection = connect(uri, { deadline: DEADLINE });
  const names = { issuer: ISSUER, audience: AUDIENCE };
  const auth = await createAuth({
    db: connection.db,
    secrets: [secret],
    deadline: DEADLINE,
    follow: 'auto',
    ...names,
  });

  async function close(): Promise<void> {
    await auth.close();
    await connection.close();
  }
  if (await auth.follow(DEADLINE)) return { auth, db: connection.db, [Symbol.asyncDispose]: close };
  await close();
  throw new Error('There is no lease');
}
