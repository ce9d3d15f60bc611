import type { Grant } from '../../lib/use-cases/grant.ts';

/** Tokens as RFC 6749 section 5.1 has them in an answer. */
export function tokensOf({ accessToken, expiresIn, refreshToken }: Grant) {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken,
  };
}
