import { availableParallelism } from 'node:os';
import * as z from 'zod';
import { MOST_CONNECTIONS } from '../../lib/store/mongo/connection-uri.ts';
import { POOL_SIZE } from '../../lib/store/mongo/database.ts';
import { MOST_SESSIONS } from '../../lib/store/sessions/sessions.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../lib/time.ts';
import {
  duration,
  headerNames,
  host,
  integer,
  limit,
  mongodbUri,
  origins,
  previousSecrets,
  privateKey,
  publicKeys,
  REMEDY,
  secret,
} from './parsers.ts';

/** Parsers and defaults of all settings. `.env.example` documents them. */
export const settings = {
  HOST: host.prefault('0.0.0.0'),
  PORT: integer(0, 65_535).prefault('8001'),
  MONGODB_URI: mongodbUri,
  MONGODB_POOL_SIZE: integer(1, MOST_CONNECTIONS).prefault(String(POOL_SIZE)),
  JWT_SECRET_KEY: z.string(`is missing or empty. ${REMEDY}`).pipe(secret),
  JWT_SECRET_KEY_PREVIOUS: previousSecrets.optional(),
  JWT_PRIVATE_KEY: privateKey.optional(),
  JWT_PUBLIC_KEYS: publicKeys.optional(),
  JWT_ISSUER: z.string().prefault('rescind'),
  JWT_AUDIENCE: z.string().prefault('rescind'),
  ACCESS_TOKEN_TTL: duration(SECOND, '1s', 24 * HOUR, '24h').prefault('15m'),
  REFRESH_TOKEN_IDLE_TTL: duration(SECOND, '1s', 90 * DAY, '90d').prefault('7d'),
  REFRESH_TOKEN_MAX_TTL: duration(SECOND, '1s', 90 * DAY, '90d').prefault('30d'),
  REFRESH_GRACE: duration(0, '0s', HOUR, '1h').prefault('60s'),
  MAX_SESSIONS: integer(1, MOST_SESSIONS).prefault('100'),
  PASSWORD_MIN_LENGTH: integer(8, 64).prefault('15'),
  BCRYPT_COST: integer(10, 14).prefault('12'),
  BCRYPT_THREADS: integer(1, 64).prefault(String(Math.max(1, availableParallelism() - 1))),
  REQUEST_DEADLINE: duration(SECOND, '1s', MINUTE, '60s').prefault('5s'),
  KEEP_ALIVE_TIMEOUT: duration(SECOND, '1s', 2 * HOUR, '2h').prefault('65s'),
  SHUTDOWN_DELAY: duration(0, '0s', 10 * MINUTE, '10m').prefault('5s'),
  MAX_STALENESS: duration(0, '0s', MINUTE, '60s').prefault('5s'),
  PRIMARY_PROOF_INTERVAL: duration(100, '100ms', MINUTE, '60s').prefault('1s'),
  AUDIT_RETENTION: duration(DAY, '1d', 10_000 * DAY, '10000d').prefault('400d'),
  LOGIN_FAILURES_PER_ACCOUNT: limit().prefault('10/15m'),
  LOGIN_FAILURES_PER_ADDRESS: limit().prefault('100/15m'),
  LOGIN_FAILURES_ANYWHERE: limit().prefault('100/1d'),
  CORS_ORIGINS: origins.optional(),
  CORS_HEADERS: headerNames.prefault(
    'X-Request-Id,X-Requested-With,traceparent,tracestate,baggage,sentry-trace,b3',
  ),
  TRUST_PROXY: integer(0, 10).prefault('0'),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be one of fatal, error, warn, info, debug, trace, silent',
    )
    .prefault('info'),
} as const;

/** Secret or long settings, which can also be set by NAME_FILE. Their values are never printed. */
export const SECRETS = [
  'MONGODB_URI',
  'JWT_SECRET_KEY',
  'JWT_SECRET_KEY_PREVIOUS',
  'JWT_PRIVATE_KEY',
  'JWT_PUBLIC_KEYS',
] as const;
