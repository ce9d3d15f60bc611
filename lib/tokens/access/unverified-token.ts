import * as z from 'zod';
import { SECOND } from '../../time.ts';
import { hashSignedBytes, parseCanonicalToken } from './canonical-form.ts';
import { isUserId } from './user-id.ts';

/** The content of an access token whose signature is not verified. Use it only to revoke the token. */
export interface UnverifiedToken {
  /** The hash under which this token is revoked. */
  readonly hash: string;
  readonly userId: string;
  readonly sessionId: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The last second of the year 9999. Later times are rejected, because MongoDB's tools may not display them. */
const LAST_SECOND = 253_402_300_799;

const payloadSchema = z.object({
  sub: z.string().refine(isUserId),
  sid: z.uuid(),
  exp: z.int().min(0).max(LAST_SECOND),
});

/** Reads an access token in canonical form without verifying it. Returns undefined for any other text. */
export function readUnverifiedToken(token: string): UnverifiedToken | undefined {
  const canonical = parseCanonicalToken(token);
  if (canonical === undefined) return undefined;
  const { data } = payloadSchema.safeParse(parseJson(canonical.payload));
  if (data === undefined) return undefined;
  return {
    hash: hashSignedBytes(canonical.signedBytes),
    userId: data.sub,
    sessionId: data.sid,
    expiresAt: data.exp * SECOND,
  };
}

function parseJson(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined; // the schema rejects undefined
  }
}
