import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { malformedDocument } from '../../errors.ts';
import { MINUTE } from '../../time.ts';
import { type ClientDocument, type Collections, NAMES } from '../mongo/collections.ts';
import { findByIds, MAX_TIME, orUnavailable } from '../mongo/database.ts';
import { createAssertIntact } from '../mongo/intact.ts';
import { createSharedReads } from '../mongo/shared-reads.ts';
import { localReads, type StrictReader } from '../mongo/strict-reads.ts';

/** A registered client: a service that may introspect and revoke tokens. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** A client with the hash of its secret. */
export interface ClientAccount extends Client {
  /** SHA-256 of the client's secret, in hexadecimal. */
  readonly secretHash: string;
}

export interface NewClient {
  readonly name: string;
  readonly secretHash: string;
}

export type Clients = ReturnType<typeof createClients>;

const MOST_REMEMBERED = 1_000;
const BY_AGE = { created_at: 1, _id: 1 } as const;
const CLIENT_FIELDS = { name: 1, secret_hash: 1, created_at: 1 } as const;

/**
 * Reads and writes the `clients` collection. Reads strictly. Caches each client for `remembered` milliseconds. A client that was
 * deleted by hand, without an entry in `revoked_tokens`, may be accepted until its cache entry expires.
 */
export function createClients(
  collections: Collections,
  remembered = MINUTE,
  strictReads: StrictReader = localReads,
) {
  const { clients } = collections;
  const assertIntact = createAssertIntact(collections, 'clients');
  const read = createSharedReads(async (ids) => {
    const documents = await strictReads.read((readConcern) =>
      findByIds(clients, ids, CLIENT_FIELDS, { readConcern }),
    );
    return new Map(documents.map((document) => [document._id, document]));
  });
  const found = new LRUCache<string, ClientAccount>({ max: MOST_REMEMBERED, ttl: remembered });

  return {
    /**
     * Returns the client with this id, perhaps from the cache. The client may have been revoked, so the caller must
     * also check `revoked_tokens`.
     */
    async find(id: string): Promise<ClientAccount | undefined> {
      const known = found.get(id);
      if (known !== undefined) return known;
      const document = (await read([id])).get(id);
      if (document === undefined) {
        await assertIntact();
        return undefined;
      }
      const client = toAccount(document);
      found.set(id, client);
      return client;
    },

    /** Returns all clients, oldest first. Throws StoreNotReady if the collection was lost. */
    async list(): Promise<Client[]> {
      const found = await strictReads.read((readConcern) => {
        const options = { readConcern, maxTimeMS: MAX_TIME, sort: BY_AGE } as const;
        return orUnavailable(clients.find({}, options).toArray());
      });
      if (found.length === 0) await assertIntact();
      return found.map(toClient);
    },

    /** Adds a client. Resolves once a majority has acknowledged the write. */
    async create(client: NewClient): Promise<Client> {
      const document = newDocument(client);
      await orUnavailable(clients.insertOne(document));
      return toClient(document);
    },

    /** Deletes a client, which must be revoked first. Resolves with the client once a majority has deleted it. */
    async delete(id: string): Promise<Client | undefined> {
      const deleted = await orUnavailable(clients.findOneAndDelete({ _id: id }));
      return deleted === null ? undefined : toClient(deleted);
    },
  };
}

function newDocument({ name, secretHash }: NewClient): ClientDocument {
  return { _id: randomUUID(), name, secret_hash: secretHash, created_at: new Date() };
}

function toClient(document: ClientDocument): Client {
  return { id: document._id, name: document.name, createdAt: document.created_at };
}

function toAccount(document: ClientDocument): ClientAccount {
  if (typeof document.secret_hash !== 'string')
    throw malformedDocument(NAMES.clients, document._id);
  return { ...toClient(document), secretHash: document.secret_hash };
}
