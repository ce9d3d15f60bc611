import type { Collections, SchemaDocument } from './collections.ts';
import { MAX_TIME, orUnavailable } from './database.ts';
import { localReads, type StrictReader } from './strict-reads.ts';

/** The reader of the schema document, which `migrate` writes. */
export type Schema = ReturnType<typeof createSchema>;

export function createSchema(
  { schema }: Pick<Collections, 'schema'>,
  strictReads: StrictReader = localReads,
) {
  return {
    /** Returns the schema version of the database, and the epoch that its `revoked_tokens` must have. */
    async find(): Promise<Pick<SchemaDocument, 'version' | 'epoch'> | undefined> {
      const found = await strictReads.read((readConcern) =>
        orUnavailable(schema.findOne({ _id: 'rescind' }, { readConcern, maxTimeMS: MAX_TIME })),
      );
      return found ?? undefined;
    },
  };
}
