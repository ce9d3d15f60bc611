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
  const { ip, ...optional }: Partial<Record<keyof Caller, unknown>> = caller;
  if (typeof ip !== 'string') throw new TypeError('"caller.ip" must be a string');
  for (const [name, [isOfType, mustBe]] of Object.entries(OPTIONAL)) {
    const value = optional[name as keyof typeof OPTIONAL];
    if (value === undefined || isOfType(value)) continue;
    throw new TypeError(`"caller.${name}" must be ${mustBe}`);
  }
}

type OptionalMember = readonly [isOfType: (value: unknown) => boolean, mustBe: string];

const text: OptionalMember = [(value) => typeof value === 'string', 'a string where it is given'];

const OPTIONAL: Readonly<Record<Exclude<keyof Caller, 'ip'>, OptionalMember>> = {
  userAgent: text,
  requestId: text,
  actor: text,
  deadline: [
    (value) => typeof value === 'number' && !Number.isNaN(value),
    'a time of performance.now(), in milliseconds',
  ],
  principal: [isPrincipal, 'the answer of authenticate'],
};

function isPrincipal(value: unknown): boolean {
  const { user, sessionId }: Partial<Principal> = Object(value);
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
