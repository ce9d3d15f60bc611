import type { Document } from 'mongodb';
import { findSpec, SCHEMA_VERSION } from '../mongo/collection-specs.ts';
import { type Collections, NAMES, SENTINEL } from '../mongo/collections.ts';
import { toIdRange } from '../revocations/entry-kinds.ts';
import { type MigrationPlan, merge, step } from './plan.ts';

/**
 * Plans the step that lets the lasting entries of earlier versions satisfy the validator: the sentinel, revoked keys
 * and clients. The validator does not check other old entries until a revocation writes them, which sets both counts.
 * But a tool that restores a backup inserts entries anew, and those that do not satisfy the validator would be lost.
 * The cutoff of a restore makes up for tokens, sessions and users, not for keys and clients.
 *
 * The step follows the one that sets the validator, because until then a server of an earlier version may write such an
 * entry. For the same reason it is planned for an older schema, whatever the entries are now.
 */
export async function planFence({ schema, revokedTokens }: Collections): Promise<MigrationPlan> {
  const found = await schema.findOne({ _id: 'rescind' });
  const isOlder = found !== null && found.version < SCHEMA_VERSION;
  const unfenced = await revokedTokens.findOne(UNFENCED, { projection: { _id: 1 } });
  if (!isOlder && unfenced === null) return merge([]);
  return step(`set fenced_writes of revoked keys and clients in ${NAMES.revokedTokens}`, () =>
    revokedTokens.updateMany(UNFENCED, [{ $set: { fenced_writes: '$writes' } }]),
  );
}

/** Leaves out documents that lack something else, because the validator would refuse the update. */
const UNFENCED: Document = {
  ...pickSchema(findSpec(NAMES.revokedTokens).validator),
  $or: [{ _id: SENTINEL }, { _id: toIdRange('key') }, { _id: toIdRange('client') }],
  $expr: { $ne: ['$writes', '$fenced_writes'] },
};

function pickSchema({ $jsonSchema }: Document): Document {
  return { $jsonSchema };
}
