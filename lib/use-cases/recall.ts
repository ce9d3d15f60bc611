import type { Principal } from '../caller.ts';
import type { LastUse } from '../store/sessions/last-use.ts';
import type { AccessTokens } from '../tokens/access/access-tokens.ts';
import { type RecallPrincipalDeps, recallPrincipal } from './shared/known-token.ts';

export interface RecallDeps extends RecallPrincipalDeps {
  readonly accessTokens: Pick<AccessTokens, 'recall' | 'isCurrent'>;
  readonly lastUse: Pick<LastUse, 'touch'>;
}

/**
 * Returns the principal that an access token belongs to, if this server knows it for certain without reading: it
 * follows, it has checked this token before, and nothing has changed since. Returns undefined for every other value,
 * about which `authenticate` decides. Never throws, and never reads.
 */
export function recall(deps: RecallDeps, token: unknown): Principal | undefined {
  if (typeof token !== 'string') return undefined;
  // One moment serves the whole decision, which is made in this turn: the request began before it, so what was
  // acknowledged before the request was applied by then, if the lease holds.
  const wall = Date.now();
  const mono = performance.now();
  if (!deps.followers.holds(wall, mono)) return undefined; // spares the hash where this server does not follow
  const accessToken = deps.accessTokens.recall(token);
  if (accessToken === undefined) return undefined;
  const principal = recallPrincipal(deps, accessToken, wall, mono);
  if (principal !== undefined) deps.lastUse.touch(accessToken.sessionId, accessToken.counter);
  return principal;
}
