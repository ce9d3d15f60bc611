import { availableParallelism } from 'node:os';
import * as z from 'zod';
import { DEFAULTS } from '../../lib/defaults.ts';
import { LEAST_MIN_LENGTH, MOST_MIN_LENGTH } from '../../lib/passwords/rules.ts';
import { HIGHEST_COST, LOWEST_COST } from '../../lib/passwords/usable-hash.ts';
import { MOST_CONNECTIONS } from '../../lib/store/mongo/connection-uri.ts';
import { POOL_SIZE } from '../../lib/store/mongo/database.ts';
import { MOST_SESSIONS } from '../../lib/store/sessions/sessions.ts';
import { GENERATE_NEW } from '../advice.ts';
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
  secret,
} from './parsers.ts';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Maximum number of bcrypt threads, even on a machine with more processors. */
const MOST_THREADS = 64;

/** Parsers and defaults of all settings. `.env.example` documents them. */
export const settings = {
  HOST: host.prefault('0.0.0.0'),
  PORT: integer(0, 65_535).prefault('8001'),
  MONGODB_URI: mongodbUri,
  MONGODB_POOL_SIZE: integer(1, MOST_CONNECTIONS).default(POOL_SIZE),
  JWT_SECRET_KEY: z.string(`is missing or empty. ${GENERATE_NEW}`).pipe(secret),
  JWT_SECRET_KEY_PREVIOUS: previousSecrets.optional(),
  JWT_PRIVATE_KEY: privateKey.optional(),
  JWT_PUBLIC_KEYS: publicKeys.optional(),
  JWT_ISSUER: z.string().default(DEFAULTS.issuer),
  JWT_AUDIENCE: z.string().default(DEFAULTS.audience),
  ACCESS_TOKEN_TTL: duration('1s', '24h').default(DEFAULTS.accessTokenTtl),
  REFRESH_TOKEN_IDLE_TTL: duration('1s', '90d').default(DEFAULTS.refreshTokenIdleTtl),
  REFRESH_TOKEN_MAX_TTL: duration('1s', '90d').default(DEFAULTS.refreshTokenMaxTtl),
  REFRESH_GRACE: duration('0s', '1h').default(DEFAULTS.refreshGrace),
  MAX_SESSIONS: integer(1, MOST_SESSIONS).default(DEFAULTS.maxSessions),
  PASSWORD_MIN_LENGTH: integer(LEAST_MIN_LENGTH, MOST_MIN_LENGTH).default(
    DEFAULTS.passwordMinLength,
  ),
  BCRYPT_COST: integer(LOWEST_COST, HIGHEST_COST).default(DEFAULTS.bcryptCost),
  BCRYPT_THREADS: integer(1, MOST_THREADS).prefault(
    String(Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1))),
  ),
  REQUEST_DEADLINE: duration('1s', '60s').default(DEFAULTS.deadline),
  KEEP_ALIVE_TIMEOUT: duration('1s', '2h').prefault('65s'),
  SHUTDOWN_DELAY: duration('0s', '10m').prefault('5s'),
  FOLLOW: z.enum(['auto', 'off'], 'must be auto or off').default(DEFAULTS.follow),
  FOLLOWER_LEASE: duration('1s', '30s').optional(),
  AUDIT_RETENTION: duration('1d', '10000d').prefault('400d'),
  LOGIN_FAILURES_PER_ACCOUNT: limit().default(DEFAULTS.loginLimits.perAccount),
  LOGIN_FAILURES_PER_ADDRESS: limit().default(DEFAULTS.loginLimits.perAddress),
  LOGIN_FAILURES_ANYWHERE: limit().default(DEFAULTS.loginLimits.anywhere),
  CORS_ORIGINS: origins.optional(),
  CORS_HEADERS: headerNames.prefault(
    'X-Request-Id,X-Requested-With,traceparent,tracestate,baggage,sentry-trace,b3',
  ),
  TRUST_PROXY: integer(0, 10).prefault('0'),
  LOG_LEVEL: z.enum(LEVELS, `must be one of ${LEVELS.join(', ')}`).prefault('info'),
} as const;

/** Settings that are secret or long. A variable NAME_FILE can name a file with the value. Values are never printed. */
export const SECRETS = [
  'MONGODB_URI',
  'JWT_SECRET_KEY',
  'JWT_SECRET_KEY_PREVIOUS',
  'JWT_PRIVATE_KEY',
  'JWT_PUBLIC_KEYS',
] as const;
