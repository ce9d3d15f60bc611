/** Servers in which one part is replaced by a worse one. The checker must catch each of them. */
import { ReadPreference } from 'mongodb';
import { assemble } from '../../lib/auth.ts';
import { type AuthParts, openParts } from '../../lib/parts.ts';
import { openCollections, type RevocationDocument } from '../../lib/store/mongo/collections.ts';
import type { Db } from '../../lib/store/mongo/database.ts';
import { createRevocationReads, type RevocationKind } from '../../lib/store/revocations/reads.ts';
import { createRevocations } from '../../lib/store/revocations/revocations.ts';
import { SECOND } from '../../lib/time.ts';
import type { Scope } from '../helpers/scope.ts';
import { serveAuth } from '../helpers/serve-auth.ts';
import { OPTIONS } from './library.ts';
import type { Server } from './requests.ts';

export type Break = (parts: AuthParts, db: Db) => AuthParts;

export const intact: Break = (parts) => parts;

/** Finds no token to be revoked. */
export const withoutCheck: Break = (parts) => withCheck(parts, async () => undefined);

/** Remembers the result of a check for a second. */
export const withMemory: Break = (parts) => {
  const { check } = parts.revocations;
  const remembered = new Map<string, { at: number; kind: RevocationKind | undefined }>();
  return withCheck(parts, async (token) => {
    const key = token.hash ?? token.sessionId;
    const known = remembered.get(key);
    if (known !== undefined && performance.now() - known.at < SECOND) return known.kind;
    const kind = await check(token);
    remembered.set(key, { at: performance.now(), kind });
    return kind;
  });
};

/** Reads revocations from another member of the set. */
export function withReadsFrom(member: Db): Break {
  const readPreference = ReadPreference.secondary;
  return (parts) => {
    const revokedTokens = member.collection<RevocationDocument>('revoked_tokens', {
      readPreference,
    });
    return withCheck(parts, createRevocationReads({ revokedTokens }, parts.schema).check);
  };
}

/** Sends revocations without waiting for an acknowledgement. */
export const withoutAcknowledgement: Break = (parts, db) => {
  const options = { writeConcern: { w: 0 } };
  const revokedTokens = db.collection<RevocationDocument>('revoked_tokens', options);
  const collections = { ...openCollections(db), revokedTokens };
  return { ...parts, revocations: createRevocations(collections, parts.schema) };
};

function withCheck(parts: AuthParts, check: AuthParts['revocations']['check']): AuthParts {
  return { ...parts, revocations: { ...parts.revocations, check } };
}

/** Serves the broken parts over HTTP, on this database and with this secret. */
export async function serveBroken(
  scope: Scope,
  { name, db, secret, change }: { name: string; db: Db; secret: string; change: Break },
): Promise<Server> {
  const parts = await openParts({ db, secrets: [secret], ...OPTIONS });
  const auth = assemble(change(parts, db));
  scope.teardown(() => auth.close());
  return { name, url: await serveAuth(scope, auth) };
}
