import { hostname } from 'node:os';
import type { Instant } from './clocks.ts';
import type { FollowerDocuments } from './documents.ts';

export interface OwnWritesOptions {
  readonly id: string;
  readonly documents: Pick<FollowerDocuments, 'insert' | 'remove'>;
  /** The length of the lease in milliseconds. Those who revoke read it in the document. */
  readonly duration: number;
  /** The version of this package, for people. */
  readonly version: string;
}

/** Creates the insert of the own document, and its deletion. */
export function createOwnWrites({ id, documents, duration, version }: OwnWritesOptions) {
  let inserted: Promise<void> | undefined;
  let isInserting = false;

  return {
    insert(began: Instant): Promise<void> {
      const fields = { lease: duration, position: null, began, renewals: 1, version };
      isInserting = true;
      const written = documents.insert({ _id: id, ...fields, host: hostname() });
      inserted = written.finally(() => {
        isInserting = false;
      });
      return inserted;
    },
    /** Returns true while the insert is under way: it may still come. */
    isInserting: (): boolean => isInserting,
    /** Deletes the document. Waits for the insert first, which would otherwise come after the deletion. */
    async remove(): Promise<void> {
      if (inserted === undefined) return;
      await inserted.catch(() => undefined);
      await documents.remove(id);
    },
  };
}
