import type { Clock } from '../../time.ts';
import { type Collections, SENTINEL } from '../mongo/collections.ts';
import { orUnavailable } from '../mongo/database.ts';
import { isUpsertRace } from '../mongo/duplicate-keys.ts';
import { localReads, type StrictReader } from '../mongo/strict-reads.ts';
import {
  clientEntry,
  readCutoff,
  sessionEntry,
  signingKeyEntry,
  toId,
  tokenEntry,
  userEntry,
} from './entry-ids.ts';
import {
  type Cause,
  type RevokeClientInput,
  type RevokeKeyInput,
  type RevokeSessionInput,
  type RevokeTokenInput,
  type RevokeUserInput,
  revokeClientUpdate,
  revokeEveryoneUpdate,
  revokeKeyUpdate,
  revokeSessionUpdate,
  revokeTokenUpdate,
  revokeUserUpdate,
} from './entry-updates.ts';
import { newestStamps } from './newest-stamps.ts';
import type { RevocationReads } from './reads.ts';

/** The writes that revoke. Each resolves once a majority has acknowledged it, and otherwise throws StoreUnavailable. */
export type RevocationWrites = ReturnType<typeof createRevocationWrites>;

/** Writes `revoked_tokens`, but first checks the sentinel, because a write to a wrong database revokes nothing. */
export function createRevocationWrites(
  collections: Pick<Collections, 'revokedTokens' | 'sessions'>,
  { cutoffs, assertSentinel }: RevocationReads,
  clock: Clock,
  strictReads: StrictReader = localReads,
) {
  async function upsertAll(writes: readonly Upsert[]): Promise<void> {
    await assertSentinel();
    await retryRace(() => collections.revokedTokens.bulkWrite(writes));
  }

  return {
    /** Revokes one token and nothing else. */
    revokeToken(token: RevokeTokenInput): Promise<void> {
      return upsertAll([upsertToken(token)]);
    },
    /** Revokes the token and its whole session, in one command. */
    revokeTokenAndSession(token: RevokeTokenInput): Promise<void> {
      return upsertAll([upsertSession(token), upsertToken(token)]);
    },
    /** Revokes every token that the key has signed or will sign. */
    revokeKey(input: RevokeKeyInput): Promise<void> {
      return upsertAll([upsert(signingKeyEntry(input.kid), revokeKeyUpdate(input))]);
    },
    /** Revokes a registered client for good. */
    revokeClient(input: RevokeClientInput): Promise<void> {
      return upsertAll([upsert(clientEntry(input.clientId), revokeClientUpdate(input))]);
    },

    /** Revokes every token of these sessions, in one command. */
    async revokeSessions(sessions: readonly RevokeSessionInput[]): Promise<void> {
      if (sessions.length > 0) await upsertAll(sessions.map(upsertSession));
    },

    /** Revokes every token of the user, including tokens of logins in flight. Returns the new cutoff. */
    async revokeUser(input: RevokeUserInput): Promise<number> {
      const entry = userEntry(input.userId);
      for (let { deployment: above } = await cutoffs(input.userId); ; ) {
        const cutoff = await moveCutoff(
          collections,
          entry,
          revokeUserUpdate(input, above, clock()),
        );
        const { deployment } = await cutoffs(input.userId);
        if (deployment <= above) return cutoff;
        above = deployment; // repeat, because revokeEveryone has raised the deployment's cutoff
      }
    },

    /** Revokes every token of all users, including tokens of logins in flight. Returns the new cutoff. */
    async revokeEveryone(cause: Cause): Promise<number> {
      await assertSentinel();
      const above = await strictReads.read((level) => newestStamps(collections, level));
      return moveCutoff(collections, SENTINEL, revokeEveryoneUpdate(cause, above, clock()));
    },
  };
}

const MOVED = {
  upsert: true,
  returnDocument: 'after',
  projection: { revoked_before: 1 },
} as const;

/** Updates an entry that has a cutoff, and returns the new cutoff. */
async function moveCutoff(
  { revokedTokens }: Pick<Collections, 'revokedTokens'>,
  name: string,
  update: object[],
): Promise<number> {
  const entry = await retryRace(() => revokedTokens.findOneAndUpdate({ _id: name }, update, MOVED));
  return readCutoff(new Map(entry === null ? [] : [[name, entry]]), name);
}

type Upsert = ReturnType<typeof upsert>;

function upsert(name: string, update: object[]) {
  return { updateOne: { filter: { _id: toId(name) }, update, upsert: true } };
}

function upsertToken(token: RevokeTokenInput): Upsert {
  return upsert(tokenEntry(token.hash), revokeTokenUpdate(token));
}

function upsertSession(session: RevokeSessionInput): Upsert {
  return upsert(sessionEntry(session.sessionId), revokeSessionUpdate(session));
}

/** Retries once after an upsert race, in which the slower insert fails with E11000. The retry finds the document. */
async function retryRace<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await orUnavailable(write(), isUpsertRace);
  } catch (error) {
    if (!isUpsertRace(error)) throw error;
    return orUnavailable(write());
  }
}
