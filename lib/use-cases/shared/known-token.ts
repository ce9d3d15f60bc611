import type { Principal } from '../../caller.ts';
import { StoreUnavailable } from '../../errors.ts';
import type { Users } from '../../store/accounts/users.ts';
import type { StrictReadCause } from '../../store/followers/events.ts';
import type { Followers } from '../../store/followers/followers.ts';
import type { ClockSkew } from '../../store/mongo/clock-skew.ts';
import type { RevocationKind, RevocationReads } from '../../store/revocations/reads.ts';
import type { AccessTokens } from '../../tokens/access/access-tokens.ts';
import type { AccessToken } from '../../tokens/access/verifier.ts';

export interface RecallPrincipalDeps {
  readonly accessTokens: Pick<AccessTokens, 'isCurrent'>;
  readonly followers: Pick<Followers, 'holds' | 'isUnchanged'>;
  readonly skew: Pick<ClockSkew, 'isBearable'>;
}

export interface KnownTokenDeps extends RecallPrincipalDeps {
  readonly accessTokens: Pick<AccessTokens, 'isCurrent' | 'setKnown'>;
  readonly followers: Pick<Followers, 'holds' | 'isUnchanged' | 'reportStrictRead'>;
  readonly revocations: Pick<RevocationReads, 'checkFollowed'>;
  readonly users: Pick<Users, 'findFollowed'>;
}

/**
 * Returns the principal of a token from memory. It may be used while the lease holds, nothing that it rests on has
 * changed, the token is current, and the clock can be trusted. Decides in one turn, without a read. The moment of both
 * clocks is read in this turn: by default here.
 */
export function recallPrincipal(
  { accessTokens, followers, skew }: RecallPrincipalDeps,
  token: AccessToken,
  wall = Date.now(),
  mono = performance.now(),
): Principal | undefined {
  const { known } = token;
  if (known === undefined || !followers.holds(wall, mono)) return undefined;
  if (!followers.isUnchanged(known.slots, known.version)) return undefined;
  return skew.isBearable(wall, mono) && accessTokens.isCurrent(token) ? known.principal : undefined;
}

/** The most reads that fill the memory for one request, before a strict read decides. */
const MOST_READS = 2;

/** The outcome of `learn`: the principal, or the kind of entry that revokes the token. */
export type Learned =
  | { readonly principal: Principal; readonly kind?: undefined }
  | { readonly principal?: undefined; readonly kind: RevocationKind };

/**
 * Reads what the memory lacks, then recalls the principal. A read only fills the memory, so a change that arrives
 * during the read counts. Returns undefined, and reports the cause, if a strict read has to decide: this server does not
 * follow, the token changed during each read, or its user is missing or disabled.
 */
export async function learn(
  deps: KnownTokenDeps,
  token: AccessToken,
): Promise<Learned | undefined> {
  const learned = await learnUnlessStrict(deps, token);
  if (typeof learned !== 'string') return learned;
  deps.followers.reportStrictRead(learned);
  return undefined;
}

async function learnUnlessStrict(
  deps: KnownTokenDeps,
  token: AccessToken,
): Promise<Learned | StrictReadCause> {
  for (let reads = 0; deps.followers.holds(); reads++) {
    const principal = recallPrincipal(deps, token);
    if (principal !== undefined) return { principal };
    if (reads === MOST_READS) return deps.skew.isBearable() ? 'changed' : 'clock';
    const found = await fill(deps, token);
    if (found !== undefined) return found;
  }
  return 'no_lease';
}

/**
 * Remembers a token that is not revoked, with its user. Returns the kind of entry that revokes the token, or the cause for
 * which only a strict read can decide.
 */
async function fill(
  deps: KnownTokenDeps,
  token: AccessToken,
): Promise<Learned | StrictReadCause | undefined> {
  try {
    const [checked, found] = await Promise.all([
      deps.revocations.checkFollowed(token),
      deps.users.findFollowed(token.userId),
    ]);
    if (checked?.kind !== undefined) return { kind: checked.kind };
    if (checked === undefined) return 'no_lease';
    if (found === undefined || found.user.disabled) return 'user';
    deps.accessTokens.setKnown(token, {
      principal: Object.freeze({ user: found.user, sessionId: token.sessionId }),
      slots: checked.slots + found.slot,
      version: Math.min(checked.version, found.version),
    });
    return undefined;
  } catch (error) {
    if (error instanceof StoreUnavailable) return 'unread'; // the strict read reports it
    throw error;
  }
}
