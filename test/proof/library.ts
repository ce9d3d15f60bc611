import { closeParts, openParts } from '../../lib/auth-parts.ts';
import { type Collections, openCollections } from '../../lib/store/collections.ts';
import { connect } from '../../lib/store/database.ts';
import type { User } from '../../lib/store/users.ts';
import { HOUR, MINUTE } from '../../lib/time.ts';
import { openSession } from '../../lib/use-cases/shared/open-session.ts';
import { CALLER } from '../helpers/auth.ts';
import type { Scope } from '../helpers/scope.ts';
import { addUser } from '../helpers/users.ts';
import { type HeldSession, held } from './held-session.ts';
import type { Recorder } from './history.ts';

/** The servers' own parts, beside them: opens sessions ahead, so that no round waits for bcrypt. */
export interface Library {
  readonly collections: Collections;
  /** Opens so many sessions for each of so many new users, each recorded as a login. */
  openSessions(recorder: Recorder, users: number, each: number): Promise<HeldSession[]>;
}

/** A library on the database and with the secret of a deployment. It ends with its owner. */
export async function openLibrary(owner: Scope, uri: string, secret: string): Promise<Library> {
  const { db, close } = connect(uri, { deadline: MINUTE });
  const parts = await openParts({
    db,
    secrets: [secret],
    accessTokenTtl: 2 * HOUR,
    maxSessions: 1_000,
    bcryptCost: 10,
  });
  owner.teardown(async () => {
    await closeParts(parts);
    await close();
  });
  const collections = openCollections(db);

  async function open(user: User): Promise<HeldSession> {
    const { user: own, deployment } = await parts.revocations.cutoffs(user.id);
    const now = Date.now();
    const stamp = Math.max(now, own + 1, deployment + 1);
    const opened = { userId: user.id, stamp, authTime: new Date(now) };
    return held(user, await openSession(parts, opened, CALLER));
  }

  async function openRecorded(recorder: Recorder, user: User): Promise<HeldSession> {
    const asked = { kind: 'login', client: 'library', server: 'library', user: user.id } as const;
    const opened = await recorder.record(asked, async () => {
      const session = await open(user);
      return { status: 200, session: session.id, held: session };
    });
    if (opened === undefined) throw new Error('No session was opened');
    return opened.held;
  }

  return {
    collections,
    async openSessions(recorder, users, each) {
      const owners = await Promise.all(Array.from({ length: users }, () => addUser(collections)));
      const all = owners.flatMap((user) => Array.from({ length: each }, () => user));
      return Promise.all(all.map((user) => openRecorded(recorder, user)));
    },
  };
}
