/** The codes of refused requests. They are stable, so clients and log queries may rely on them. */
export type AuthErrorCode =
  | 'invalid_token'
  | 'token_revoked'
  | 'user_tokens_revoked'
  | 'invalid_credentials'
  | 'invalid_client'
  | 'refresh_token_malformed'
  | 'refresh_token_expired'
  | 'refresh_token_reused'
  | 'refresh_token_revoked'
  | 'wrong_password'
  | 'forbidden'
  | 'not_found'
  | 'invalid_input'
  | 'email_taken'
  | 'too_many_logins'
  | 'busy'
  | 'store_unavailable';

/** An HTTP status, and a description that is safe to send to any client. */
export type Refusal = readonly [status: number, description: string];

const CREDENTIALS = 'Could not validate credentials';

/** The status and the public description of each code. */
export const REFUSALS: Readonly<Record<AuthErrorCode, Refusal>> = {
  invalid_token: [401, CREDENTIALS],
  token_revoked: [401, 'Token has been revoked'],
  user_tokens_revoked: [401, 'All user tokens have been revoked'],
  invalid_credentials: [401, CREDENTIALS],
  invalid_client: [401, 'The client is not known, or its secret is wrong'],
  refresh_token_malformed: [401, 'The refresh token is not valid'],
  refresh_token_expired: [401, 'The refresh token has expired; log in again'],
  refresh_token_reused: [401, 'The refresh token was used before; its session has been ended'],
  refresh_token_revoked: [401, 'The refresh token has been revoked; log in again'],
  wrong_password: [403, 'The current password is wrong'],
  forbidden: [403, 'Missing required role'],
  not_found: [404, 'There is nothing with this id'],
  email_taken: [409, 'Another user has this e-mail address'],
  invalid_input: [422, 'The input is not valid'],
  too_many_logins: [429, 'Too many failed logins; try again later'],
  busy: [503, 'The server is busy'],
  store_unavailable: [503, 'The database did not respond in time'],
};

/** A fault of the input. `pointer` is a JSON Pointer (RFC 6901) to the value, which the sentence `detail` omits. */
export interface InputFault {
  readonly pointer: string;
  readonly detail: string;
}

export interface AuthErrorOptions {
  /** The internal reason, which is logged but never sent to a client. */
  readonly cause?: unknown;
  /** Milliseconds after which a retry makes sense. */
  readonly retryAfter?: number;
  readonly faults?: readonly InputFault[];
  /** A public description to use instead of the description of the code. */
  readonly description?: string;
}

/**
 * The error of a refused request. Koa, Express and other hosts that support `http-errors` send a response with its
 * `status` and `headers`, and with its message if `expose` is true. Below status 500 the message is a public
 * description, and `cause` has the reason. From status 500 on, the message is the reason, which is only logged. Message
 * and `cause` contain no token, hash or password. `instanceof` also recognises errors of another copy of the package.
 */
export class AuthError extends Error {
  override readonly name: string = 'AuthError';
  readonly code: AuthErrorCode;
  readonly status: number;
  readonly statusCode: number;
  /** True if the message may be sent to a client. */
  readonly expose: boolean;
  /** The response headers `WWW-Authenticate` and `Retry-After`, if the error needs them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds after which a retry makes sense. */
  readonly retryAfter: number | undefined;
  readonly faults: readonly InputFault[];

  constructor(code: AuthErrorCode, reason: string, options: AuthErrorOptions = {}) {
    const [status, sentence] = REFUSALS[code];
    const { cause, retryAfter, faults = [], description = sentence } = options;
    const isPublic = status < 500;
    super(isPublic ? description : reason, { cause: isPublic ? reasonFor(reason, cause) : cause });
    this.code = code;
    this.status = status;
    this.statusCode = status;
    this.expose = isPublic;
    this.headers = { ...challengeFor(status, code), ...retryAfterHeader(retryAfter) };
    this.retryAfter = retryAfter;
    this.faults = faults;
  }
}

function reasonFor(reason: string, cause: unknown): unknown {
  return cause === undefined ? reason : new Error(reason, { cause });
}

/** The challenge for HTTP Basic authentication (RFC 7617 section 2). */
const BASIC = 'Basic realm="rescind", charset="UTF-8"';

const TOKEN_WAS_SENT: ReadonlySet<string> = new Set([
  'invalid_token',
  'token_revoked',
  'user_tokens_revoked',
]);

/** Returns the challenge of a refusal, with an error code only if an access token was sent (RFC 6750 section 3). */
export function challengeFor(status: number, code: string): Record<string, string> {
  if (code === 'forbidden') return { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' };
  if (code === 'invalid_client') return { 'WWW-Authenticate': BASIC };
  if (status !== 401) return {};
  return {
    'WWW-Authenticate': TOKEN_WAS_SENT.has(code) ? 'Bearer error="invalid_token"' : 'Bearer',
  };
}

/** Returns `Retry-After` in whole seconds, at least one (RFC 9110 section 10.2.3). */
function retryAfterHeader(milliseconds: number | undefined): Record<string, string> {
  if (milliseconds === undefined) return {};
  return { 'Retry-After': String(Math.max(1, Math.ceil(milliseconds / 1_000))) };
}

const STORE_RETRY_AFTER = 2_000;

/**
 * The error of a request that could not be decided, because the response of the database is missing, partial or
 * invalid. A write that fails with this error may or may not have been applied.
 */
export class StoreUnavailable extends AuthError {
  override readonly name: string = 'StoreUnavailable';

  constructor(message: string, cause?: unknown) {
    super('store_unavailable', message, { cause, retryAfter: STORE_RETRY_AFTER });
  }
}

/** The codes of actions that operators may have to take. They are stable, so hosts may map them to commands. */
export type Remedy =
  | 'migrate'
  | 'plan_migration'
  | 'migrate_after_restore'
  | 'grant_access'
  | 'set_password'
  | `replace_${'HS256' | 'EdDSA' | 'RS256'}_key`;

/** The error of a database that responds but cannot be used. A retry does not help; the message names the remedy. */
export class StoreNotReady extends StoreUnavailable {
  override readonly name = 'StoreNotReady';
  readonly remedy: Remedy;

  constructor(remedy: Remedy, message: string, cause?: unknown) {
    super(message, cause);
    this.remedy = remedy;
  }
}

brand(AuthError, 'AuthError');
brand(StoreUnavailable, 'StoreUnavailable');
brand(StoreNotReady, 'StoreNotReady');

/** Returns true for an AuthError of this copy of the package or of another one. */
export function isAuthError(error: unknown): error is AuthError {
  return error instanceof AuthError;
}

/**
 * Makes `instanceof` recognise errors of other copies of the package, by a shared symbol. An application may load two
 * copies, whose classes differ. `instanceof` of a subclass without a brand works as usual.
 */
export function brand(type: { readonly prototype: object }, name: string): void {
  const symbol = Symbol.for(`rescind.${name}`);
  Object.defineProperty(type.prototype, symbol, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== type) return Function.prototype[Symbol.hasInstance].call(this, value);
      return typeof value === 'object' && value !== null && symbol in value;
    },
  });
}

/** The error of a document that bypassed the validator of its collection. Requests that need the document fail. */
export class MalformedDocument extends StoreUnavailable {
  override readonly name = 'MalformedDocument';
}

export function malformedDocument(collection: string, id: unknown): MalformedDocument {
  return new MalformedDocument(
    `The document ${String(id)} in ${collection} has missing or mistyped fields. Correct the document`,
  );
}
