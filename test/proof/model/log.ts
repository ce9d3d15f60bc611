import type { Reading } from './clocks.ts';

export interface User {
  readonly isEnabled: boolean;
  readonly isAdmin: boolean;
  /** The number of the password: each change of it takes the next one. */
  readonly password: number;
}

export interface FollowerDocument {
  readonly lease: number;
  readonly position: number;
  readonly began: Reading;
  readonly renewals: number;
}

/** The collections, and what a document of each is. Of an entry of `revoked_tokens` it matters only that it is there. */
interface Collections {
  readonly revoked_tokens: true;
  readonly users: User;
  readonly followers: FollowerDocument;
}

export type CollectionName = keyof Collections;

interface ChangeOf<Name extends CollectionName> {
  readonly collection: Name;
  readonly key: string;
  /** Undefined where the document is deleted. */
  readonly document: Collections[Name] | undefined;
}

export type Change = { [Name in CollectionName]: ChangeOf<Name> }[CollectionName];

export type Operation = 'write' | 'pipeline' | 'drop' | 'rename' | 'no-op';

export interface Entry {
  /** The number of the command, by which a second attempt of it is recognised. */
  readonly command: number;
  readonly operation: Operation;
  /** The collection that is dropped, or the name that a renamed collection gets. */
  readonly collection?: CollectionName;
  readonly changes: readonly Change[];
}

interface Version {
  readonly time: number;
  readonly document: Change['document'];
}

/** The oplog of a node. The clusterTime of an entry is its place, so that those of two branches overlap. */
export class Log {
  readonly #entries: Entry[] = [];
  readonly #commands = new Map<number, number>();
  readonly #versions = new Map<string, Version[]>();
  readonly #keys = new Map<CollectionName, Set<string>>();

  /** The clusterTime of the last entry. */
  get end(): number {
    return this.#entries.length;
  }

  append(entry: Entry): number {
    const time = this.#entries.push(entry);
    this.#commands.set(entry.command, time);
    for (const { collection, key, document } of entry.changes) {
      const path = `${collection}/${key}`;
      const versions = this.#versions.get(path);
      if (versions === undefined) {
        this.#versions.set(path, [{ time, document }]);
        this.#keysOf(collection).add(key);
      } else versions.push({ time, document });
    }
    return time;
  }

  at(time: number): Entry | undefined {
    return this.#entries[time - 1];
  }

  /** Returns the clusterTime at which a command was executed here. */
  findCommand(command: number): number | undefined {
    return this.#commands.get(command);
  }

  /** Returns a document as it was at a clusterTime. */
  read<Name extends CollectionName>(
    collection: Name,
    key: string,
    time: number,
  ): Collections[Name] | undefined {
    const versions = this.#versions.get(`${collection}/${key}`) ?? [];
    for (let index = versions.length - 1; index >= 0; index--) {
      const version = versions[index];
      if (version !== undefined && version.time <= time) {
        return version.document as Collections[Name] | undefined;
      }
    }
    return undefined;
  }

  /** Returns all documents of a collection as they were at a clusterTime. */
  list<Name extends CollectionName>(
    collection: Name,
    time: number,
  ): ReadonlyMap<string, Collections[Name]> {
    const documents = new Map<string, Collections[Name]>();
    for (const key of this.#keysOf(collection)) {
      const document = this.read(collection, key, time);
      if (document !== undefined) documents.set(key, document);
    }
    return documents;
  }

  /** Returns a branch that has the entries up to a clusterTime. */
  fork(end: number): Log {
    const branch = new Log();
    for (const entry of this.#entries.slice(0, end)) branch.append(entry);
    return branch;
  }

  #keysOf(collection: CollectionName): Set<string> {
    const keys = this.#keys.get(collection) ?? new Set();
    this.#keys.set(collection, keys);
    return keys;
  }
}
