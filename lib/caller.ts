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
  const fault = faultOf(caller);
  if (fault !== undefined) throw new TypeError(`"caller.${fault}`);
}

/** Member by member: a list of them would be gone through, and copied, at every request. */
function faultOf(caller: Partial<Record<keyof Caller, unknown>>): string | undefined {
  const { ip, userAgent, requestId, principal, actor, deadline } = caller;
  if (typeof ip !== 'string') return 'ip" must be a string';
  if (!isText(userAgent)) return 'userAgent" must be a string where it is given';
  if (!isText(requestId)) return 'requestId" must be a string where it is given';
  if (!isText(actor)) return 'actor" must be a string where it is given';
  if (!isTime(deadline)) return 'deadline" must be a time of performance.now(), in milliseconds';
  if (!isPrincipal(principal)) return 'principal" must be the answer of authenticate';
  return undefined;
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
