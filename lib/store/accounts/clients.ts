import { randomUUID } from 'node:crypto';
import { malformedDocument } from '../../errors.ts';
import { type FollowedReader, notFollowing } from '../followers/followed-reader.ts';
import { toSlot } from '../followers/versions.ts';
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

const BY_AGE = { created_at: 1, _id: 1 } as const;
const CLIENT_FIELDS = { name: 1, secret_hash: 1, created_at: 1 } as const;

/** Reads and writes the `clients` collection. Reads strictly, but for `findFollowed`. */
export function createClients(
  collections: Collections,
  strictReads: StrictReader = localReads,
  followers: FollowedReader = notFollowing,
) {
  const { clients } = collections;
  const assertIntact = createAssertIntact(collections, 'clients');

  return {
    /**
     * Returns the client with this id. The client may have been revoked, so the caller must also check
     * `revoked_tokens`.
     */
    find: createFind(collections, strictReads),

    /**
     * Returns the client by a read whose result may be remembered. Returns undefined if this server does not follow, or
     * if there is no sound client: then `find` has to decide.
     */
    findFollowed: createFindFollowed(clients, followers),

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

/** Creates `find`. */
function createFind(collections: Collections, strictReads: StrictReader) {
  const assertIntact = createAssertIntact(collections, 'clients');
  const read = createSharedReads((ids) =>
    strictReads.read((readConcern) =>
      findByIds(collections.clients, ids, CLIENT_FIELDS, { readConcern }),
    ),
  );

  return async function find(id: string): Promise<ClientAccount | undefined> {
    const document = (await read([id])).find(({ _id }) => _id === id);
    if (document !== undefined) return toAccount(document);
    await assertIntact();
    return undefined;
  };
}

/** A client that may be remembered. */
export interface FollowedClient {
  readonly client: ClientAccount;
  /** The slot of the client's document. */
  readonly slot: string;
  /** The number of the last change when the read began. */
  readonly version: number;
}

/** Creates `findFollowed`. */
function createFindFollowed(clients: Collections['clients'], followers: FollowedReader) {
  const read = createSharedReads((ids) =>
    followers.read((options) => findByIds(clients, ids, CLIENT_FIELDS, options)),
  );

  return async function findFollowed(id: string): Promise<FollowedClient | undefined> {
    const { found, version = 0 } = (await read([id])) ?? {};
    const document = found?.find(({ _id }) => _id === id);
    if (document === undefined) return undefined;
    return { client: toAccount(document), slot: toSlot(NAMES.clients, id), version };
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
