import type { Clock } from '../time.ts';
import type { Collections } from './collections.ts';
import { orUnavailable } from './database.ts';
import { isUpsertRace } from './duplicate-keys.ts';
import { newestStamps } from './newest-stamps.ts';
import { type ProvenReads, unproven } from './primary-proof.ts';
import {
  type Cause,
  clientEntry,
  everyoneEntry,
  keyEntry,
  type RevokeClientInput,
  type RevokeKeyInput,
  type RevokeSessionInput,
  type RevokeTokenInput,
  type RevokeUserInput,
  sessionEntry,
  tokenEntry,
  userEntry,
} from './revocation-entries.ts';
import {
  clientKey,
  cutoffOf,
  idOf,
  keyKey,
  SENTINEL,
  sessionKey,
  tokenKey,
  userKey,
} from './revocation-keys.ts';
import type { RevocationReads } from './revocation-reads.ts';

/** Every one answers once a majority has what it wrote; StoreUnavailable when that is not certain. */
export interface RevocationWrites {
  /** Revokes one token and nothing else. */
  revokeToken(token: RevokeTokenInput): Promise<void>;
  /** Revokes the token and its whole session, in one command. */
  revokeTokenAndSession(token: RevokeTokenInput): Promise<void>;
  /** Revokes every token of these sessions, in one command. */
  revokeSessions(sessions: readonly RevokeSessionInput[]): Promise<void>;
  /** Revokes all that was issued to the user, or is being issued now; answers the new cutoff. */
  revokeUser(input: RevokeUserInput): Promise<number>;
  /** Revokes all that was issued to anyone, or is being issued now; answers the new cutoff. */
  revokeEveryone(cause: Cause): Promise<number>;
  /** Revokes all that the key has signed, or ever will. */
  revokeKey(input: RevokeKeyInput): Promise<void>;
  /** Keeps a registered client out for good. */
  revokeClient(input: RevokeClientInput): Promise<void>;
}

/** Writes `revoked_tokens`, but only where it is known: what another database acknowledged would be lost with it. */
export function createRevocationWrites(
  collections: Pick<Collections, 'revokedTokens' | 'sessions'>,
  { cutoffs, assertKnown }: RevocationReads,
  clock: Clock,
  primary: ProvenReads = unproven,
): RevocationWrites {
  const { revokedTokens } = collections;
  const moveCutoff = createMoveCutoff(collections);

  async function upsertAll(writes: readonly Upsert[]): Promise<void> {
    await assertKnown();
    await repeatedOnce(() => revokedTokens.bulkWrite(writes));
  }

  return {
    revokeToken: (token) => upsertAll([ofToken(token)]),
    revokeTokenAndSession: (token) => upsertAll([ofSession(token), ofToken(token)]),
    revokeKey: (input) => upsertAll([upsert(keyKey(input.kid), keyEntry(input))]),
    revokeClient: (input) => upsertAll([upsert(clientKey(input.clientId), clientEntry(input))]),

    async revokeSessions(sessions) {
      if (sessions.length > 0) await upsertAll(sessions.map(ofSession));
    },

    async revokeUser(input) {
      let before: number;
      let cutoff: number;
      let after = (await cutoffs(input.userId)).deployment;
      do {
        before = after;
        cutoff = await moveCutoff(userKey(input.userId), userEntry(input, before, clock()));
        after = (await cutoffs(input.userId)).deployment;
      } while (after > before); // Everyone was revoked meanwhile: the user's cutoff has to be above that.
      return cutoff;
    },

    async revokeEveryone(cause) {
      await assertKnown();
      const above = await primary.read((level) => newestStamps(collections, level), 'strict');
      return moveCutoff(SENTINEL, everyoneEntry(cause, above, clock()));
    },
  };
}

function createMoveCutoff({ revokedTokens }: Pick<Collections, 'revokedTokens'>) {
  const options = {
    upsert: true,
    returnDocument: 'after',
    projection: { revoked_before: 1 },
  } as const;

  return async function moveCutoff(key: string, update: object[]): Promise<number> {
    const entry = await repeatedOnce(() =>
      revokedTokens.findOneAndUpdate({ _id: key }, update, options),
    );
    return cutoffOf(new Map(entry === null ? [] : [[key, entry]]), key);
  };
}

type Upsert = ReturnType<typeof upsert>;

function upsert(key: string, update: object[]) {
  return { updateOne: { filter: { _id: idOf(key) }, update, upsert: true } };
}

function ofToken(token: RevokeTokenInput): Upsert {
  return upsert(tokenKey(token.hash), tokenEntry(token));
}

function ofSession(session: RevokeSessionInput): Upsert {
  return upsert(sessionKey(session.sessionId), sessionEntry(session));
}

/** Two upserts of one new key at once: the slower one fails with E11000 of `_id`, and then finds the document there. */
async function repeatedOnce<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await orUnavailable(write(), isUpsertRace);
  } catch (error) {
    if (!isUpsertRace(error)) throw error;
    return orUnavailable(write());
  }
}
