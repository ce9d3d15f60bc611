import type { Collections } from './collections.ts';
import { orUnavailable } from './database.ts';

/** One login: what its tokens have in common. */
export interface Session {
  /** The `sid` of its tokens. */
  readonly id: string;
  readonly userId: string;
  /** Its place on the logical clock of revocations, in milliseconds. */
  readonly stamp: number;
  readonly authTime: Date;
  readonly expiresAt: Date;
  readonly ip: string;
  readonly userAgent: string | undefined;
}

export interface Sessions {
  /** Answers once a majority has the session. */
  insert(session: Session): Promise<void>;
}

/** Writes the `sessions` collection. */
export function createSessions({ sessions }: Pick<Collections, 'sessions'>): Sessions {
  return {
    async insert(session) {
      const document = {
        _id: session.id,
        user_id: session.userId,
        stamp: new Date(session.stamp),
        auth_time: session.authTime,
        expires_at: session.expiresAt,
        ends_at: session.expiresAt,
        last_used_at: session.authTime,
        user_agent: session.userAgent ?? null,
        ip: session.ip,
      };
      await orUnavailable(sessions.insertOne(document));
    },
  };
}
