import { randomUUID } from 'node:crypto';
import type { FollowerDocument } from '../../lib/store/mongo/collections.ts';

/** Makes the document of a server that follows, as far as anybody can see, but never renews it. */
export function followerDocument(fields: Partial<FollowerDocument> = {}): FollowerDocument {
  return {
    _id: randomUUID(),
    lease: 1_000,
    position: null,
    began: { wall: 0, mono: 0 },
    renewals: 1,
    host: 'nowhere',
    version: 'test',
    renewed_at: new Date(),
    ...fields,
  };
}
