/** Servers in which one part is exchanged for a worse one. The checker must catch each of them. */
import { ReadPreference } from 'mongodb';
import { assemble } from '../../lib/auth.ts';
import { type AuthParts, openParts } from '../../lib/auth-parts.ts';
import { openCollections, type RevocationDocument } from '../../lib/store/collections.ts';
import type { Db } from '../../lib/store/database.ts';
import { createRevocationReads, type RevocationKind } from '../../lib/store/revocation-reads.ts';
import { createRevocations } from '../../lib/store/revocations.ts';
import { SECOND } from '../../lib/time.ts';
import type { Scope } from '../helpers/scope.ts';
import { serveAuth } from '../helpers/serve-auth.ts';
import type { Server } from './requests.ts';
import { OPTIONS } from './server-pair.ts';

export type Break = (parts: AuthParts, db: Db) => AuthParts;

/** Nothing is exchanged. */
export const intact: Break = (parts) => parts;

/** No token is ever found to be revoked. */
export const withoutCheck: Break = (parts) => ({
  ...parts,
  revocations: { ...parts.revocations, check: async () => undefined },
});

/** What a check found is believed for a second. */
export const withMemory: Break = (parts) => {
  const { revocations } = parts;
  const remembered = new Map<string, { at: number; kind: RevocationKind | undefined }>();
  return {
    ...parts,
    revocations: {
      ...revocations,
      async check(token) {
        const key = token.hash ?? token.sessionId;
        const known = remembered.get(key);
        if (known !== undefined && performance.now() - known.at < SECOND) return known.kind;
        const kind = await revocations.check(token);
        remembered.set(key, { at: performance.now(), kind });
        return kind;
      },
    },
  };
};

/** What is revoked is asked of another member of the set. */
export function withReadsFrom(member: Db): Break {
  return (parts) => {
    const revokedTokens = member.collection<RevocationDocument>('revoked_tokens', {
      readPreference: ReadPreference.secondary,
    });
    const { check } = createRevocationReads({ revokedTokens }, parts.schema);
    return { ...parts, revocations: { ...parts.revocations, check } };
  };
}

/** Revocations are sent, and nobody waits for them to arrive. */
export const withoutAcknowledgement: Break = (parts, db) => {
  const revokedTokens = db.collection<RevocationDocument>('revoked_tokens', {
    writeConcern: { w: 0 },
  });
  const collections = { ...openCollections(db), revokedTokens };
  return { ...parts, revocations: createRevocations(collections, parts.schema) };
};

/** Serves the parts of this database and secret over HTTP, after the exchange. It ends with its owner. */
export async function serveBroken(
  owner: Scope,
  { name, db, secret, change }: { name: string; db: Db; secret: string; change: Break },
): Promise<Server> {
  const parts = await openParts({
    db,
    secrets: [secret],
    ...OPTIONS,
    deadline: 20 * SECOND, // the machine may be busy with other tests
  });
  const auth = assemble(change(parts, db));
  owner.teardown(() => auth.close());
  return { name, url: await serveAuth(owner, auth) };
}
