import type { LRUCache } from 'lru-cache';
import { StoreUnavailable } from '../../errors.ts';
import type { ClientAccount, Clients } from '../../store/accounts/clients.ts';
import type { Followers } from '../../store/followers/followers.ts';
import type { RevocationReads } from '../../store/revocations/reads.ts';
import { type FindClientDeps, findClient } from './authenticate-client.ts';

/** A client that was not revoked, and what that rests on. */
export interface KnownClient {
  readonly client: ClientAccount;
  /** The slots of the documents that were read. */
  readonly slots: string;
  /** The number of the last change when the reads began. */
  readonly version: number;
}

export interface RecallClientDeps {
  readonly followers: Pick<Followers, 'holds' | 'isUnchanged'>;
  readonly knownClients: Pick<LRUCache<string, KnownClient>, 'get'>;
}

export interface KnownClientDeps extends FindClientDeps, RecallClientDeps {
  readonly knownClients: Pick<LRUCache<string, KnownClient>, 'get' | 'set'>;
  readonly clients: Pick<Clients, 'find' | 'findFollowed'>;
  readonly revocations: Pick<RevocationReads, 'isClientRevoked' | 'checkClientFollowed'>;
}

/**
 * Returns a client from memory. It may be used while the lease holds and nothing that it rests on has changed. Decides in
 * one turn, without a read.
 */
export function recallClient(
  { followers, knownClients }: RecallClientDeps,
  id: string,
): ClientAccount | undefined {
  if (!followers.holds()) return undefined;
  const known = knownClients.get(id);
  if (known === undefined || !followers.isUnchanged(known.slots, known.version)) return undefined;
  return known.client;
}

/** The most reads that fill the memory for one request, before a strict read decides. */
const MOST_READS = 2;

/** Does the same as `findClient`, but recalls a client that this server knows for certain, without a read. */
export async function findKnownClient(
  deps: KnownClientDeps,
  id: string,
): Promise<ClientAccount | undefined> {
  for (let reads = 0; deps.followers.holds(); reads++) {
    const client = recallClient(deps, id);
    if (client !== undefined) return client;
    if (reads === MOST_READS) break;
    await fill(deps, id);
  }
  return findClient(deps, id);
}

/** Remembers a client that is not revoked. */
async function fill({ clients, revocations, knownClients }: KnownClientDeps, id: string) {
  try {
    const [checked, found] = await Promise.all([
      revocations.checkClientFollowed(id),
      clients.findFollowed(id),
    ]);
    if (checked === undefined || checked.isRevoked || found === undefined) return;
    const version = Math.min(checked.version, found.version);
    knownClients.set(id, { client: found.client, slots: checked.slot + found.slot, version });
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error; // the strict read reports it
  }
}
