import * as z from 'zod';
import { DAY } from '../time.ts';
import { isUserId } from './user-id.ts';

/** The longest that a token may live, in milliseconds. */
export const LONGEST_LIFETIME = DAY;

/** The only client there is: first-party logins (RFC 9068 section 2.2). */
export const CLIENT_ID = 'rescind';

/** The value of `typ` (RFC 9068 section 2.1). */
export const TYPE = 'at+jwt';

/** The members of a header, and no others: RFC 7515 has a verifier refuse what it does not understand. */
export const headerSchema = z.strictObject({
  alg: z.string(),
  kid: z.string(),
  typ: z.literal(TYPE),
});

/** What a token says, by the names and in the units of RFC 7519: whole seconds. */
export type Claims = z.output<ReturnType<typeof claimsSchema>>;

/**
 * RFC 9068 section 2.2, and the private claims `type`, `stamp` and `counter`. Unknown claims are ignored.
 * Tokens of a login have no `counter`, and neither have those of servers that do not know it.
 */
export function claimsSchema(issuer: string, audience: string) {
  const seconds = z.int().nonnegative();
  return z.object({
    iss: z.literal(issuer),
    aud: z.literal(audience),
    sub: z.string().refine(isUserId),
    sid: z.uuid(),
    client_id: z.literal(CLIENT_ID),
    jti: z.uuid(),
    iat: seconds,
    exp: seconds,
    auth_time: seconds,
    type: z.literal('access'),
    stamp: z.int().nonnegative(),
    counter: z.int().nonnegative().optional(),
  });
}
