import { randomUUID } from 'node:crypto';
import type { Caller } from '../caller.ts';
import type { Sessions } from '../store/sessions.ts';
import type { AccessTokens } from '../tokens/access-tokens.ts';

/** What a login gives: a session, and the token that speaks for it. */
export interface Grant {
  readonly accessToken: string;
  /** Lifetime of the access token in seconds. */
  readonly expiresIn: number;
}

export interface GrantInput {
  readonly userId: string;
  /** The session's place on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
  /** When the password was found right, by the database's clock. */
  readonly authTime: Date;
}

export interface GrantParts {
  readonly accessTokens: AccessTokens;
  readonly sessions: Sessions;
}

/** Opens a session and signs its first token. Answers once a majority has the session. */
export function createGrant({ accessTokens, sessions }: GrantParts) {
  return async function grant(input: GrantInput, caller: Caller): Promise<Grant> {
    const sessionId = randomUUID();
    const { token, expiresAt, expiresIn } = await accessTokens.issue({ ...input, sessionId });
    const { ip, userAgent } = caller;
    await sessions.insert({ ...input, id: sessionId, expiresAt, ip, userAgent });
    return { accessToken: token, expiresIn };
  };
}
