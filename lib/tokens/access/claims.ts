import * as z from 'zod';
import { DAY } from '../../time.ts';
import { isUserId } from './user-id.ts';

/** The longest lifetime of a token, in milliseconds. */
export const LONGEST_LIFETIME = DAY;

/** The `client_id` of all tokens, since first-party logins are the only client (RFC 9068 section 2.2). */
export const CLIENT_ID = 'rescind';

/** The value of `typ` (RFC 9068 section 2.1). */
export const TYPE = 'at+jwt';

/** The schema of a header. Other members are rejected, as RFC 7515 section 4.1.11 requires for `crit`. */
export const headerSchema = z.strictObject({
  alg: z.string(),
  kid: z.string(),
  typ: z.literal(TYPE),
});

/** The claims of a token, with the names of RFC 7519. Times are in whole seconds. */
export type Claims = z.output<ReturnType<typeof claimsSchema>>;

/**
 * Returns the schema of the claims of RFC 9068 section 2.2 and the private claims `type`, `stamp` and `counter`.
 * Unknown claims are ignored. A token has no `counter` if it comes from a login or from an earlier version.
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
