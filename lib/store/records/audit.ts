import { ObjectId } from 'mongodb';
import type { Caller } from '../../caller.ts';
import type { Log } from '../../log.ts';
import { SECOND, withTimeout } from '../../time.ts';
import type { Collections } from '../mongo/collections.ts';

export type AuditAction =
  | 'user_login'
  | 'login_failed'
  | 'user_logout'
  | 'all_tokens_revoked'
  | 'session_revoked'
  | 'refresh_token_retried'
  | 'refresh_token_reused'
  | 'password_changed'
  | 'password_change_failed'
  | 'user_disabled'
  | 'user_enabled'
  | 'tokens_revoked_by_admin'
  | 'everyone_revoked'
  | 'token_revoked_by_client'
  | 'key_revoked'
  | 'client_created'
  | 'client_deleted';

export interface AuditEvent {
  readonly action: AuditAction;
  /** The affected user; undefined if no such user exists. */
  readonly user: { readonly id: string; readonly companyId: string | null } | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export type Audit = ReturnType<typeof createAudit>;

export interface AuditOptions {
  /** Receives an error for each lost event. */
  readonly log: Log;
  /** The most milliseconds that a response waits for its audit event. Default 1,000. */
  readonly timeout?: number;
}

const TIMEOUT = SECOND;

export function createAudit(
  { auditEvents }: Pick<Collections, 'auditEvents'>,
  { log, timeout = TIMEOUT }: AuditOptions,
) {
  return {
    /**
     * Writes the event. Resolves after a short time even if the event could not be written, because the action has
     * already happened and must not seem to have failed. Logs a lost event.
     */
    async record(event: AuditEvent, caller: Caller): Promise<void> {
      const written = auditEvents.insertOne(toDocument(event, caller)).then(
        () => undefined,
        (error: unknown) => {
          const { action, user } = event;
          log.error(
            { err: error, action, user_id: user?.id, request_id: caller.requestId },
            'An audit event was lost',
          );
        },
      );
      await withTimeout(limitToDeadline(timeout, caller), written, timedOut).catch(() => undefined);
    },
  };
}

const timedOut = () => new Error('The audit event was not written in time');

/** Returns the time to wait, at most half of the time to the deadline, so that the response is still in time. */
function limitToDeadline(timeout: number, { deadline = Number.POSITIVE_INFINITY }: Caller): number {
  return Math.min(timeout, Math.max(0, deadline - performance.now()) / 2);
}

function toDocument({ action, user, details }: AuditEvent, caller: Caller) {
  return {
    _id: new ObjectId(), // a `pkFactory` of the MongoClient might create ids of another type
    at: new Date(),
    action,
    user_id: user?.id ?? null,
    company_id: user?.companyId ?? null,
    actor_id: caller.principal?.user.id ?? caller.actor ?? user?.id ?? null,
    ip: caller.ip,
    user_agent: caller.userAgent ?? null,
    request_id: caller.requestId ?? null,
    details,
  };
}
