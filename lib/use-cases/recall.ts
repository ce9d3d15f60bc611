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
  if (typeof token !== 'string' || !deps.followers.holds()) return undefined;
  const accessToken = deps.accessTokens.recall(token);
  if (accessToken === undefined) return undefined;
  const principal = recallPrincipal(deps, accessToken);
  if (principal !== undefined) deps.lastUse.touch(accessToken.sessionId, accessToken.counter);
  return principal;
}
