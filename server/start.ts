import type { Logger } from 'pino';
import { type Auth, createAuth } from '../lib/auth.ts';
import { StoreNotReady } from '../lib/errors.ts';
import type { FollowerEvent } from '../lib/store/followers/events.ts';
import { type Connection, connect } from '../lib/store/mongo/database.ts';
import { SECOND } from '../lib/time.ts';
import { answerHeaders } from './answer-headers.ts';
import { createApp } from './app.ts';
import type { Config } from './config/config.ts';
import { overriddenOptions } from './config/warnings.ts';
import { type ListenOptions, listen } from './http-server.ts';
import { writeChecks } from './routes/public/health.ts';

export interface RunningServer {
  readonly url: string;
  /** Prepares to stop: `/readyz` returns 503 and every response closes its connection. Requests are still served. */
  drain(): void;
  /** Lets requests under way finish for up to `stopTimeout`, then closes everything that was opened. */
  stop(): Promise<void>;
}

const MIN_STOP_TIMEOUT = 5 * SECOND;

/** Returns the milliseconds that requests under way get to finish. Every response is sent within this time. */
export function stopTimeout({ REQUEST_DEADLINE }: Pick<Config, 'REQUEST_DEADLINE'>): number {
  return Math.max(MIN_STOP_TIMEOUT, REQUEST_DEADLINE);
}

/**
 * Creates the parts of the server and listens. Throws StoreNotReady if an operator must fix a failed health check. Also
 * starts while the database is unreachable; responses then have status 503.
 */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  const connection = connect(config.MONGODB_URI, {
    deadline: config.REQUEST_DEADLINE,
    maxPoolSize: config.MONGODB_POOL_SIZE,
  });
  for (const warning of overriddenOptions(connection)) log.warn(warning);
  const auth = await createAuth({
    db: connection.db,
    log,
    onFollower: createLeaseLog(log),
    ...authOptions(config),
  });
  try {
    await assertReady(auth, log);
    await auth.follow();
    const { accessTokens: access_token_kid, refreshTokens: refresh_token_kid } = auth.kids;
    log.info({ access_token_kid, refresh_token_kid }, 'new tokens are signed with these keys');
    const stopping = new AbortController();
    const app = createApp({
      auth,
      log,
      stopping: stopping.signal,
      requestDeadline: config.REQUEST_DEADLINE,
      trustProxy: config.TRUST_PROXY,
      corsOrigins: config.CORS_ORIGINS,
      corsHeaders: config.CORS_HEADERS,
    });
    const server = await listen(app.callback(), listenOptions(config, log));
    function drain(): void {
      stopping.abort();
    }
    return {
      url: server.url,
      drain,
      async stop() {
        drain();
        await server.close(stopTimeout(config));
        await closeAll(connection, auth);
      },
    };
  } catch (error) {
    await closeAll(connection, auth);
    throw error;
  }
}

/** Logs the first time that the lease holds. The library logs trouble, and the end of it. */
function createLeaseLog(log: Logger): (event: FollowerEvent) => void {
  let hasHeld = false;
  return ({ type }) => {
    if (type !== 'held' || hasHeld) return;
    hasHeld = true;
    log.info('Known tokens are checked without a read: the lease holds');
  };
}

function listenOptions(config: Config, log: Logger): ListenOptions {
  return {
    host: config.HOST,
    port: config.PORT,
    log,
    timeouts: { keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT },
    headers: answerHeaders(config.CORS_ORIGINS),
  };
}

function authOptions(config: Config) {
  return {
    secrets: [config.JWT_SECRET_KEY, ...(config.JWT_SECRET_KEY_PREVIOUS ?? [])],
    privateKey: config.JWT_PRIVATE_KEY,
    publicKeys: config.JWT_PUBLIC_KEYS,
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    accessTokenTtl: config.ACCESS_TOKEN_TTL,
    refreshTokenIdleTtl: config.REFRESH_TOKEN_IDLE_TTL,
    refreshTokenMaxTtl: config.REFRESH_TOKEN_MAX_TTL,
    refreshGrace: config.REFRESH_GRACE,
    maxSessions: config.MAX_SESSIONS,
    bcryptCost: config.BCRYPT_COST,
    bcryptThreads: config.BCRYPT_THREADS,
    passwordMinLength: config.PASSWORD_MIN_LENGTH,
    deadline: config.REQUEST_DEADLINE,
    follow: config.FOLLOW,
    followerLease: config.FOLLOWER_LEASE,
    loginLimits: {
      perAccount: config.LOGIN_FAILURES_PER_ACCOUNT,
      perAddress: config.LOGIN_FAILURES_PER_ADDRESS,
      anywhere: config.LOGIN_FAILURES_ANYWHERE,
    },
  };
}

/** Throws StoreNotReady if an operator must act on a failed check. Logs the other failed checks. */
async function assertReady(auth: Auth, log: Logger): Promise<void> {
  const { ok, checks } = await auth.checkHealth();
  for (const { ok: passes, remedy, detail = '' } of Object.values(checks))
    if (!passes && remedy !== undefined) throw new StoreNotReady(remedy, detail);
  const fields = { checks: writeChecks(checks) };
  if (!checks.database.ok) {
    log.warn(fields, 'The database cannot be reached. Requests get 503 until it is reachable');
    return;
  }
  if (!ok)
    log.error(fields, 'A health check failed. Requests get status 503 until the check passes');
}

async function closeAll(connection: Connection, auth: Auth): Promise<void> {
  await auth.close();
  await connection.close();
}
