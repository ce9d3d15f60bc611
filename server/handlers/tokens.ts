import type { IssuedTokens } from '../../lib/use-cases/shared/open-session.ts';

/** Tokens as RFC 6749 section 5.1 has them in an answer. */
export function tokensOf({ accessToken, expiresIn, refreshToken }: IssuedTokens) {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken,
  };
}
