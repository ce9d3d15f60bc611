import type { User } from '../../lib/store/users.ts';

/** A session as the client knows that holds its tokens. */
export interface HeldSession {
  readonly id: string;
  readonly user: User;
  /** All that were given, the newest last. */
  readonly accessTokens: string[];
  refreshToken: string;
  /** `doubtful`: a revocation was sent and not acknowledged, so it may have happened or not. */
  state: 'live' | 'doubtful' | 'revoked';
}

/** A session that was just opened. */
export function held(
  user: User,
  tokens: { readonly accessToken: string; readonly refreshToken: string },
): HeldSession {
  const { accessToken, refreshToken } = tokens;
  const id = sessionOf(refreshToken);
  return { id, user, accessTokens: [accessToken], refreshToken, state: 'live' };
}

/** The session of a refresh token: `rt1.<kid>.<sid>.<counter>.<mac>`. */
export function sessionOf(refreshToken: string): string {
  return refreshToken.split('.')[2] ?? '';
}

/** A name for a token that gives nothing away: its `jti`, or a refresh token's counter. */
export function nameOf(token: string): string {
  if (token.startsWith('rt1.')) return `refresh ${token.split('.')[3]}`;
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti;
}
