/** Every reason for which rescind refuses a request. Stable: clients and log queries may rely on them. */
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

/** An HTTP status, and a sentence that any client may read. */
export type Refusal = readonly [status: number, description: string];

const CREDENTIALS = 'Could not validate credentials';
const TRY_AGAIN = 'Nothing was decided; try again after the time in Retry-After';

/** The status and the public sentence of each code. */
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
  forbidden: [403, 'The user does not have the role that this needs'],
  not_found: [404, 'There is nothing at this path'],
  email_taken: [409, 'Another user has this e-mail address'],
  invalid_input: [422, 'The input is not valid; see errors'],
  too_many_logins: [429, 'Too many failed logins; try again after the time in Retry-After'],
  busy: [503, `The server is busy. ${TRY_AGAIN}`],
  store_unavailable: [503, `The database did not answer in time. ${TRY_AGAIN}`],
};

/** One thing wrong with the input: `pointer` is a JSON Pointer (RFC 6901), `detail` a sentence that never repeats the value. */
export interface InputFault {
  readonly pointer: string;
  readonly detail: string;
}

export interface AuthErrorOptions {
  /** What happened inside. For logs only, never sent to a client. */
  readonly cause?: unknown;
  /** Milliseconds after which another try makes sense. */
  readonly retryAfter?: number;
  readonly faults?: readonly InputFault[];
  /** A public sentence that says more than the one of the code. */
  readonly description?: string;
}

/**
 * A refusal. Hosts such as Koa and Express answer it by themselves, as they answer errors of `http-errors`:
 * `status`, `headers`, and the message where `expose` is true. Below 500 the message is therefore a public
 * sentence, and the reason is the `cause`; from 500 on the message is the reason, for the log. Neither holds
 * a token, a hash or a password. `instanceof` also recognises errors of another copy of the package.
 */
export class AuthError extends Error {
  override readonly name: string = 'AuthError';
  readonly code: AuthErrorCode;
  readonly status: number;
  readonly statusCode: number;
  /** True where the message may be sent to a client. */
  readonly expose: boolean;
  /** Headers of the answer: `WWW-Authenticate`, `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds after which another try makes sense. */
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

/** RFC 7617 section 2. */
const BASIC = 'Basic realm="rescind", charset="UTF-8"';

const TOKEN_WAS_SENT: ReadonlySet<string> = new Set([
  'invalid_token',
  'token_revoked',
  'user_tokens_revoked',
]);

/** RFC 6750 section 3: the challenge names an error only where an access token was sent. */
export function challengeFor(status: number, code: string): Record<string, string> {
  if (code === 'forbidden') return { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' };
  if (code === 'invalid_client') return { 'WWW-Authenticate': BASIC };
  if (status !== 401) return {};
  return {
    'WWW-Authenticate': TOKEN_WAS_SENT.has(code) ? 'Bearer error="invalid_token"' : 'Bearer',
  };
}

/** RFC 9110 section 10.2.3: whole seconds, at least one. */
function retryAfterHeader(milliseconds: number | undefined): Record<string, string> {
  if (milliseconds === undefined) return {};
  return { 'Retry-After': String(Math.max(1, Math.ceil(milliseconds / 1_000))) };
}

const STORE_RETRY_AFTER = 2_000;

/**
 * The database did not answer, answered in part, or answered what it must not: nothing was decided.
 * A write that ends so may or may not have happened.
 */
export class StoreUnavailable extends AuthError {
  override readonly name: string = 'StoreUnavailable';

  constructor(message: string, cause?: unknown) {
    super('store_unavailable', message, { cause, retryAfter: STORE_RETRY_AFTER });
  }
}

/** The database answers, and is not what this server can work with. Waiting does not help; the message says what does. */
export class StoreNotReady extends StoreUnavailable {
  override readonly name = 'StoreNotReady';
}

brand(AuthError, 'AuthError');
brand(StoreUnavailable, 'StoreUnavailable');
brand(StoreNotReady, 'StoreNotReady');

/** Recognises an AuthError, of this copy of the package or of another one. */
export function isAuthError(error: unknown): error is AuthError {
  return error instanceof AuthError;
}

/**
 * Lets `instanceof` go by a symbol that all copies of the package share: an application may hold two, and
 * the classes of one are strangers to the other. Subclasses without a brand go by their prototype as usual.
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

/** A document was written past the validator of its collection: nothing may be decided by it. */
export class UnsoundDocument extends StoreUnavailable {
  override readonly name = 'UnsoundDocument';
}

/** Makes the error that names such a document. */
export function unsound(collection: string, id: unknown): UnsoundDocument {
  return new UnsoundDocument(
    `The document ${String(id)} in ${collection} lacks fields, or has some of the wrong type; put it right`,
  );
}
