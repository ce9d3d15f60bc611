import type { Collections, SchemaDocument } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';

/** The schema document that `migrate` writes. */
export interface Schema {
  /** Returns the schema version of the database, and the epoch of the `revoked_tokens` that belongs to it. */
  find(): Promise<Pick<SchemaDocument, 'version' | 'epoch'> | undefined>;
}

/** Reads the `schema` collection. */
export function createSchema({ schema }: Pick<Collections, 'schema'>): Schema {
  return {
    async find() {
      const options = { maxTimeMS: MAX_TIME };
      return (await orUnavailable(schema.findOne({ _id: 'rescind' }, options))) ?? undefined;
    },
  };
}
