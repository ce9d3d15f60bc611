import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { assertInteger } from '../../assert.ts';
import { DEFAULTS } from '../../defaults.ts';
import { type Clock, MINUTE, SECOND } from '../../time.ts';
import type { User } from '../../user.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { LONGEST_LIFETIME } from './claims.ts';
import { createIssuer, type IssuerOptions } from './issuer.ts';
import {
  type AccessToken,
  createVerifier,
  type KnownToken,
  notCurrent,
  readClaims,
  type Verify,
} from './verifier.ts';

export type AccessTokens = ReturnType<typeof createAccessTokens>;

export interface RememberOptions {
  readonly keys: Pick<KeyRing, 'byKid'>;
  /** The estimated size of the cache in bytes; 0 disables it. Default 96 MiB. */
  readonly rememberedTokenBytes?: number | undefined;
}

export interface AccessTokenOptions extends IssuerOptions, RememberOptions {
  readonly keys: KeyRing;
  readonly clock: Clock;
}

const FUTURE_ALLOWED = 10 * MINUTE;

/** Issues and verifies access tokens (RFC 9068) with the keys of the ring. */
export function createAccessTokens(options: AccessTokenOptions) {
  assertOptions(options);
  const { clock } = options;
  return {
    issue: createIssuer(options),
    ...createRememberedTokens(createVerifier(options), options),
    /** Returns all claims of a token that `verify` has accepted. Decodes the token each time. */
    read: readClaims,

    /** Returns true for a token that has neither expired nor is from the future. */
    isCurrent({ issuedAt, expiresAt }: AccessToken): boolean {
      const now = clock();
      return now < expiresAt && issuedAt <= now + FUTURE_ALLOWED;
    },

    /** Throws AuthError `invalid_token` for a token that has expired or is from the future. */
    assertCurrent({ issuedAt, expiresAt }: AccessToken): void {
      const now = clock();
      if (now >= expiresAt) throw notCurrent('has expired');
      if (issuedAt > now + FUTURE_ALLOWED) throw notCurrent('is from the future');
    },
  };
}

function assertOptions({ issuer, audience, accessTokenTtl }: AccessTokenOptions): void {
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (typeof value !== 'string' || value === '') {
      throw new TypeError(`"${name}" must be a non-empty string`);
    }
  }
  assertInteger('accessTokenTtl', accessTokenTtl, SECOND, LONGEST_LIFETIME);
}

function setKnown(accessToken: AccessToken, known: KnownToken): void {
  accessToken.known = known;
}

/** The measured size of a cache entry in bytes, rounded up, for a user's id of up to UUID_LENGTH characters. */
const ENTRY_BYTES = 450;

const UUID_LENGTH = 36;

/** The measured size of what is known of a token in bytes, without the texts of its user. */
const KNOWN_BYTES = 420;

/** The measured size of a role in bytes, without its text. */
const ROLE_BYTES = 32;

/** Returns the most bytes of a cache entry. Each character of a text may take two bytes. */
function sizeCalculation({ userId, known }: AccessToken): number {
  const size = ENTRY_BYTES + 2 * Math.max(0, userId.length - UUID_LENGTH);
  return known === undefined ? size : size + KNOWN_BYTES + measureUser(known.principal.user);
}

function measureUser({ email, name, companyId, roles }: User): number {
  let size = 2 * (email.length + name.length + companyId.length);
  for (const role of roles) size += ROLE_BYTES + 2 * role.length;
  return size;
}

export interface RememberedTokens {
  /**
   * Returns the content of a token that this deployment issued, even if it has expired. Throws AuthError
   * `invalid_token` for any other token. Uses the CPU only, never the database.
   */
  readonly verify: Verify;
  /** Returns what `verify` has returned for this text; undefined if that is unknown or forgotten. */
  readonly recall: (token: string) => AccessToken | undefined;
  /** Remembers the result of a check with its token, for as long as the token is remembered. */
  readonly setKnown: (accessToken: AccessToken, known: KnownToken) => void;
}

/**
 * Verifies a token once and caches the content of the token under the SHA-256 of its whole text. An entry is valid
 * while the token's key is on the ring. Callers check expiry and revocations at every use. Refusals are never cached.
 */
export function createRememberedTokens(verify: Verify, options: RememberOptions): RememberedTokens {
  const { keys, rememberedTokenBytes = DEFAULTS.rememberedTokenBytes } = options;
  assertInteger('rememberedTokenBytes', rememberedTokenBytes, 0);
  const max = Math.floor(rememberedTokenBytes / ENTRY_BYTES);
  if (max === 0) return { verify, recall: () => undefined, setKnown };
  const maxSize = max * ENTRY_BYTES;
  const remembered = new LRUCache<string, AccessToken>({ max, maxSize, sizeCalculation });

  function find(spelling: string): AccessToken | undefined {
    const known = remembered.get(spelling);
    return known !== undefined && keys.byKid.has(known.kid) ? known : undefined;
  }

  return {
    recall: (token) => find(hash('sha256', token, 'binary')),
    setKnown(accessToken, known) {
      setKnown(accessToken, known);
      const { spelling } = accessToken;
      if (spelling === undefined) return;
      remembered.delete(spelling); // since only a new entry is measured
      remembered.set(spelling, accessToken);
    },
    verify(token) {
      if (typeof token !== 'string') return verify(token); // throws
      const spelling = hash('sha256', token, 'binary');
      const known = find(spelling);
      if (known !== undefined) return known;
      const accessToken = verify(token);
      accessToken.spelling = spelling;
      remembered.set(spelling, accessToken);
      return accessToken;
    },
  };
}
