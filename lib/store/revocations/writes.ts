import type { ClientSession } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import type { Clock } from '../../time.ts';
import { type Acknowledged, writeTimed } from '../mongo/causal-reads.ts';
import { type Collections, SENTINEL } from '../mongo/collections.ts';
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

/**
 * The writes that revoke. Each resolves once a majority has acknowledged it, and otherwise throws StoreUnavailable. A
 * server that follows may still act without the revocation: whoever answers a revocation waits for `settle` first.
 */
export type RevocationWrites = ReturnType<typeof createRevocationWrites>;

/** Writes `revoked_tokens`, and checks the sentinel, because a write to a wrong database revokes nothing. */
export function createRevocationWrites(
  collections: Pick<Collections, 'revokedTokens' | 'sessions'>,
  reads: RevocationReads,
  clock: Clock,
  strictReads: StrictReader = localReads,
) {
  const { revokedTokens } = collections;
  const { cutoffs, assertSentinel } = reads;
  const upsertAll = createUpsertAll(revokedTokens, reads);

  return {
    /** Revokes one token and nothing else. */
    revokeToken(token: RevokeTokenInput): Promise<Acknowledged> {
      return upsertAll([upsertToken(token)]);
    },
    /** Revokes the token and its whole session, in one command. */
    revokeTokenAndSession(token: RevokeTokenInput): Promise<Acknowledged> {
      return upsertAll([upsertSession(token), upsertToken(token)]);
    },
    /** Revokes every token that the key has signed or will sign. */
    revokeKey(input: RevokeKeyInput): Promise<Acknowledged> {
      return upsertAll([upsert(signingKeyEntry(input.kid), revokeKeyUpdate(input))]);
    },
    /** Revokes a registered client for good. */
    revokeClient(input: RevokeClientInput): Promise<Acknowledged> {
      return upsertAll([upsert(clientEntry(input.clientId), revokeClientUpdate(input))]);
    },

    /** Revokes every token of these sessions, in one command. There has to be at least one. */
    revokeSessions(sessions: readonly RevokeSessionInput[]): Promise<Acknowledged> {
      return upsertAll(sessions.map(upsertSession));
    },
    /** Revokes nothing. The time of this acknowledgement is at or after each revocation that the caller has read about. */
    acknowledgeEarlier(): Promise<Acknowledged> {
      return upsertAll([]);
    },

    /** Revokes every token of the user, including tokens of logins in flight. Returns the new cutoff. */
    async revokeUser(input: RevokeUserInput): Promise<MovedCutoff> {
      const entry = userEntry(input.userId);
      for (let { deployment: above } = await cutoffs(input.userId); ; ) {
        const update = revokeUserUpdate(input, above, clock());
        const moved = await moveCutoff(revokedTokens, entry, update);
        const { deployment } = await cutoffs(input.userId);
        if (deployment <= above) return moved;
        above = deployment; // repeat, because revokeEveryone has raised the deployment's cutoff
      }
    },

    /** Revokes every token of all users, including tokens of logins in flight. Returns the new cutoff. */
    async revokeEveryone(cause: Cause): Promise<MovedCutoff> {
      await assertSentinel();
      const above = await strictReads.read((level) => newestStamps(collections, level));
      return moveCutoff(revokedTokens, SENTINEL, revokeEveryoneUpdate(cause, above, clock()));
    },
  };
}

/**
 * Creates the write of entries. It checks the sentinel in the same command, so no read has to precede it. Entries may have
 * been written although it throws: then they are in a database that decides nothing.
 */
function createUpsertAll(
  revokedTokens: Collections['revokedTokens'],
  { assertSentinel, epoch }: Pick<RevocationReads, 'assertSentinel' | 'epoch'>,
) {
  return async function upsertAll(upserts: readonly Upsert[]): Promise<Acknowledged> {
    const writes = [matchSentinel(await epoch()), ...upserts];
    const revoked = await retryRace(revokedTokens, (session) =>
      revokedTokens.bulkWrite(writes, { session }),
    );
    const { matchedCount, upsertedCount } = revoked.result;
    if (matchedCount + upsertedCount === writes.length) return revoked;
    await assertSentinel(); // throws with the remedy if the sentinel is missing or foreign
    throw new StoreUnavailable('The sentinel changed during a revocation');
  };
}

const MOVED = {
  upsert: true,
  returnDocument: 'after',
  projection: { revoked_before: 1 },
} as const;

/** A cutoff that was moved, in milliseconds, and the acknowledgement of the write. */
export interface MovedCutoff extends Acknowledged {
  readonly cutoff: number;
}

/** Updates an entry that has a cutoff, and returns the new cutoff. */
async function moveCutoff(
  revokedTokens: Collections['revokedTokens'],
  name: string,
  update: object[],
): Promise<MovedCutoff> {
  const { result, ...acknowledged } = await retryRace(revokedTokens, (session) =>
    revokedTokens.findOneAndUpdate({ _id: name }, update, { ...MOVED, session }),
  );
  const cutoff = readCutoff(new Map(result === null ? [] : [[name, result]]), name);
  return { cutoff, ...acknowledged };
}

type Upsert = ReturnType<typeof upsert>;

function upsert(name: string, update: object[]) {
  return { updateOne: { filter: { _id: toId(name) }, update, upsert: true } };
}

/** Returns an update that changes nothing. It counts as a match if the sentinel is there and has this epoch. */
function matchSentinel(epoch: string) {
  return { updateOne: { filter: { _id: SENTINEL, epoch }, update: { $set: {} } } };
}

function upsertToken(token: RevokeTokenInput): Upsert {
  return upsert(tokenEntry(token.hash), revokeTokenUpdate(token));
}

function upsertSession(session: RevokeSessionInput): Upsert {
  return upsert(sessionEntry(session.sessionId), revokeSessionUpdate(session));
}

/**
 * Writes in a session that knows the cluster time of the write. Retries once after an upsert race, in which the slower
 * insert fails with E11000. The retry finds the document.
 */
async function retryRace<Result>(
  { db }: Collections['revokedTokens'],
  write: (session: ClientSession) => Promise<Result>,
) {
  try {
    return await writeTimed(db.client, write, isUpsertRace);
  } catch (error) {
    if (!isUpsertRace(error)) throw error;
    return writeTimed(db.client, write);
  }
}
