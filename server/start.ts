import type { Logger } from 'pino';
import { type Auth, createAuth } from '../lib/auth.ts';
import { type Connection, connect } from '../lib/store/database.ts';
import { SECOND } from '../lib/time.ts';
import { answerHeaders } from './answer-headers.ts';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { type ListenOptions, listen } from './http-server.ts';
import { overriddenOptions } from './overridden-options.ts';

export interface RunningServer {
  readonly url: string;
  /** Tells that the server is about to stop: not ready from now on, and every answer ends its connection. Serves on. */
  drain(): void;
  /** Lets requests under way finish for up to `stopPatience`, then closes everything that was opened. */
  stop(): Promise<void>;
}

/** The database answers, and is not what this version needs. The message says what to do. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

const LEAST_STOP_PATIENCE = 5 * SECOND;

/** Milliseconds that requests under way have once the listener is closed: as long as any answer may take. */
export function stopPatience({ REQUEST_DEADLINE }: Pick<Config, 'REQUEST_DEADLINE'>): number {
  return Math.max(LEAST_STOP_PATIENCE, REQUEST_DEADLINE);
}

/**
 * Wires everything and listens. Throws NotReady where somebody has to see to the database first; a
 * database that cannot be reached yet is no reason not to start: requests answer 503 until it can.
 */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  const connection = connect(config.MONGODB_URI, {
    deadline: config.REQUEST_DEADLINE,
    maxPoolSize: config.MONGODB_POOL_SIZE,
  });
  for (const warning of overriddenOptions(connection)) log.warn(warning);
  const auth = await createAuth({ db: connection.db, log, ...authOptions(config) });
  try {
    await inspect(auth, log);
    logKids(auth, log);
    let stopping = false;
    const app = createApp({
      auth,
      log,
      isStopping: () => stopping,
      requestDeadline: config.REQUEST_DEADLINE,
      trustProxy: config.TRUST_PROXY,
      corsOrigins: config.CORS_ORIGINS,
      corsHeaders: config.CORS_HEADERS,
    });
    const server = await listen(app.callback(), listenOptions(config, log));
    function drain(): void {
      stopping = true;
      server.drain();
    }
    return {
      url: server.url,
      drain,
      async stop() {
        drain();
        await server.close(stopPatience(config));
        await closeAll(connection, auth);
      },
    };
  } catch (error) {
    await closeAll(connection, auth);
    throw error;
  }
}

function listenOptions(config: Config, log: Logger): ListenOptions {
  return {
    host: config.HOST,
    port: config.PORT,
    log,
    keepAliveTimeout: config.KEEP_ALIVE_TIMEOUT,
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
    maxStaleness: config.MAX_STALENESS,
    proofInterval: config.PRIMARY_PROOF_INTERVAL,
    loginLimits: {
      perAccount: config.LOGIN_FAILURES_PER_ACCOUNT,
      perAddress: config.LOGIN_FAILURES_PER_ADDRESS,
      anywhere: config.LOGIN_FAILURES_ANYWHERE,
    },
  };
}

async function inspect(auth: Auth, log: Logger): Promise<void> {
  const { ok, checks } = await auth.checkHealth();
  const refusal = Object.values(checks).find(({ needsOperator }) => needsOperator);
  if (refusal !== undefined) throw new NotReady(refusal.detail);
  if (!checks.database.ok) {
    log.warn({ checks }, 'The database cannot be reached; requests answer 503 until it can');
    return;
  }
  if (!ok) log.error({ checks }, 'Requests answer 503 until this is put right');
}

/** For whoever has to revoke one of them. */
function logKids({ kids }: Auth, log: Logger): void {
  log.info(
    { access_token_kid: kids.accessTokens, refresh_token_kid: kids.refreshTokens },
    'new tokens are made with these keys',
  );
}

async function closeAll(connection: Connection, auth: Auth): Promise<void> {
  await auth.close();
  await connection.close();
}
