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
}

/**
 * A refusal. The message is for the log and never holds a token, a hash or a password; what a
 * client reads is chosen from `code` by the server.
 */
export class AuthError extends Error {
  override readonly name: string = 'AuthError';
  readonly code: AuthErrorCode;
  readonly retryAfter: number | undefined;
  readonly faults: readonly InputFault[];

  constructor(code: AuthErrorCode, message: string, options: AuthErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.faults = options.faults ?? [];
  }
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
