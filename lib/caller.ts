import type { User } from './store/users.ts';

/** Who a valid token speaks for: the user as loaded for this request, and the session the token belongs to. */
export interface Principal {
  readonly user: User;
  readonly sessionId: string;
}

/** Who asks. Every use case takes one beside its input. */
export interface Caller {
  readonly ip: string;
  readonly userAgent?: string | undefined;
  readonly requestId?: string | undefined;
  /** Set once the caller's token has been accepted. */
  readonly principal?: Principal | undefined;
  /** Who acts where no principal does: the name of a command, or the id of a client. */
  readonly actor?: string | undefined;
  /** When the answer must be there, on the clock of `performance.now()` (milliseconds). */
  readonly deadline?: number | undefined;
}

/** TypeError that names what is missing or of the wrong type: plain JavaScript has no compiler to say so. */
export function assertCaller(caller: unknown): asserts caller is Caller {
  if (typeof caller !== 'object' || caller === null) {
    throw new TypeError('"caller" is missing: pass { ip } as the second argument');
  }
  const members: Partial<Record<keyof Caller, unknown>> = caller;
  const { ip, userAgent, requestId, principal, actor, deadline } = members; // each request asks, so no list is gone through
  if (typeof ip !== 'string') throw wrong('ip', 'a string');
  if (!isText(userAgent)) throw wrong('userAgent', TEXT);
  if (!isText(requestId)) throw wrong('requestId', TEXT);
  if (!isText(actor)) throw wrong('actor', TEXT);
  if (!isTime(deadline)) throw wrong('deadline', TIME);
  if (!isPrincipal(principal)) throw wrong('principal', 'the answer of authenticate');
}

const TEXT = 'a string where it is given';
const TIME = 'a time of performance.now(), in milliseconds';

function wrong(member: keyof Caller, mustBe: string): TypeError {
  return new TypeError(`"caller.${member}" must be ${mustBe}`);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isTime(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && !Number.isNaN(value));
}

function isPrincipal(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { user, sessionId }: Partial<Principal> = value;
  return typeof user?.id === 'string' && typeof sessionId === 'string';
}

/** The caller's principal; TypeError where the application forgot to authenticate. */
export function principalOf({ principal }: Caller): Principal {
  if (principal === undefined) throw new TypeError('"caller.principal" is missing');
  return principal;
}

/** Whom revocations and the audit trail name: the principal, else the actor; TypeError where there is neither. */
export function actorOf({ principal, actor }: Caller): string {
  const id = principal?.user.id ?? actor;
  if (id === undefined) throw new TypeError('"caller" has neither a principal nor an actor');
  return id;
}
