import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as z from 'zod';
import { isConnectionString } from '../lib/store/database.ts';
import { DAY, HOUR, MINUTE, parseDuration, SECOND } from '../lib/time.ts';
import { privateKeyFault, publicKeysFault } from '../lib/tokens/asymmetric-key.ts';
import { secretFault } from '../lib/tokens/secret-rules.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';

/** The command that makes a good JWT_SECRET_KEY. */
const REMEDY = 'Make one with: npm run -s generate-secret';

const secret = z.string().superRefine((value, context) => {
  const fault = secretFault(value);
  if (fault !== undefined) context.addIssue(`${fault}. ${REMEDY}`);
});

const previousSecrets = z
  .string()
  .transform((list) => list.split(','))
  .superRefine((secrets, context) => {
    secrets.forEach((value, index) => {
      const fault = secretFault(value);
      if (fault !== undefined) context.addIssue(`(secret ${index + 1} of the list) ${fault}`);
    });
  });

const privateKey = z.string().superRefine((value, context) => {
  const fault = privateKeyFault(value);
  if (fault !== undefined) context.addIssue(`${fault}. ${REMEDY} -- --key EdDSA`);
});

const publicKeys = z.string().superRefine((value, context) => {
  const fault = publicKeysFault(value);
  if (fault !== undefined) context.addIssue(fault);
});

const mongodbUri = z
  .string('is missing. It names the database, such as mongodb://127.0.0.1:27017/rescind')
  .refine(
    isConnectionString,
    'is not a connection string that the MongoDB driver can read (mongodb://… or mongodb+srv://…)',
  );

/**
 * Every setting: how it is read, and what it is where it is not set. `.env.example` has the same
 * list with the meanings.
 */
export const settings = {
  HOST: z.string().prefault('0.0.0.0'),
  PORT: integer(0, 65_535).prefault('8001'),
  MONGODB_URI: mongodbUri,
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
  MAX_SESSIONS: integer(1, 1_000).prefault('100'),
  PASSWORD_MIN_LENGTH: integer(8, 64).prefault('15'),
  BCRYPT_COST: integer(10, 14).prefault('12'),
  BCRYPT_THREADS: integer(1, 64).prefault(String(Math.max(1, availableParallelism() - 1))),
  REQUEST_DEADLINE: duration(SECOND, '1s', MINUTE, '60s').prefault('5s'),
  AUDIT_RETENTION: duration(DAY, '1d', 10_000 * DAY, '10000d').prefault('400d'),
  LOGIN_FAILURES_PER_ACCOUNT: limit().prefault('10/15m'),
  LOGIN_FAILURES_PER_ADDRESS: limit().prefault('100/15m'),
  LOGIN_FAILURES_ANYWHERE: limit().prefault('100/1d'),
  TRUST_PROXY: integer(0, 10).prefault('0'),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be one of fatal, error, warn, info, debug, trace, silent',
    )
    .prefault('info'),
} as const;

/** Settings that are secret, or as long as one: each can also be given as NAME_FILE, and its value is never printed. */
export const SECRETS = [
  'MONGODB_URI',
  'JWT_SECRET_KEY',
  'JWT_SECRET_KEY_PREVIOUS',
  'JWT_PRIVATE_KEY',
  'JWT_PUBLIC_KEYS',
] as const;

const settingsSchema = z.object(settings);
const databaseSchema = settingsSchema.pick({
  MONGODB_URI: true,
  AUDIT_RETENTION: true,
  BCRYPT_COST: true,
  PASSWORD_MIN_LENGTH: true,
  JWT_ISSUER: true,
});

/** Where it is the private key that is asked for, it has to be there. */
const signingSchema = z.object({
  JWT_PRIVATE_KEY: z.string(`is missing or empty. ${REMEDY} -- --key EdDSA`).pipe(privateKey),
});

/** An access token within its session's idle time, and that within its whole life. */
const serverSchema = settingsSchema.superRefine((config, context) => {
  for (const [shorter, longer] of [
    ['ACCESS_TOKEN_TTL', 'REFRESH_TOKEN_IDLE_TTL'],
    ['REFRESH_TOKEN_IDLE_TTL', 'REFRESH_TOKEN_MAX_TTL'],
  ] as const) {
    if (!(config[shorter] > config[longer])) continue; // also where one of them is no duration
    context.addIssue({
      code: 'custom',
      path: [shorter],
      message: `must not be longer than ${longer}`,
    });
  }
});

/** All that the server needs to know, by the names of the variables. Durations are milliseconds. */
export type Config = Readonly<z.output<typeof serverSchema>>;

/** What a command that works on the database needs to know. Durations are milliseconds. */
export type DatabaseConfig = Readonly<z.output<typeof databaseSchema>>;

/** The server's configuration from its environment, frozen. ConfigError tells all problems at once. */
export function parseConfig(env: Environment): Config {
  return parse(serverSchema, env);
}

/** The part that `migrate` and the commands on users need: they run where no JWT secret is. */
export function parseDatabaseConfig(env: Environment): DatabaseConfig {
  return parse(databaseSchema, env);
}

/** The part that `public-key` needs. */
export function parseSigningConfig(env: Environment) {
  return parse(signingSchema, env);
}

function parse<T extends z.ZodObject>(schema: T, env: Environment): Readonly<z.output<T>> {
  const { values, problems } = readFiles(withoutEmpty(env), Object.keys(schema.shape));
  const result = schema.safeParse(values);
  const broken = new Set(problems.map((problem) => problem.split('_FILE')[0]));
  const faults = (result.error?.issues ?? [])
    .filter((issue) => !broken.has(String(issue.path[0])))
    .map((issue) => `${String(issue.path[0])} ${issue.message}`);
  if (!result.success || problems.length > 0) throw new ConfigError([...problems, ...faults]);
  return Object.freeze(result.data);
}

/** `NAME=` is as good as no NAME at all. */
function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''));
}

function readFiles(env: Environment, names: readonly string[]) {
  const values: Record<string, string | undefined> = { ...env };
  const problems: string[] = [];
  for (const name of SECRETS.filter((candidate) => names.includes(candidate))) {
    const file = env[`${name}_FILE`];
    if (file === undefined) continue;
    if (env[name] === undefined) values[name] = readSecret(name, file, problems);
    else problems.push(`${name}_FILE and ${name} are both set. Keep one of them`);
  }
  return { values: withoutEmpty(values), problems };
}

function readSecret(name: string, file: string, problems: string[]): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    problems.push(`${name}_FILE names a file that cannot be read (${code})`);
    return undefined;
  }
}

function integer(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

function duration(least: number, leastText: string, most: number, mostText: string) {
  const message = `must be a duration from ${leastText} to ${mostText}, written <integer><ms|s|m|h|d>`;
  return z
    .string()
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .refine((value) => value >= least && value <= most, message);
}

function limit() {
  const message = 'must be <failures>/<duration>, such as 10/15m, over at most 365d';
  return z
    .string()
    .regex(/^[1-9]\d{0,5}\/\d+(s|m|h|d)$/, message)
    .transform((text) => {
      const [points = '', window = ''] = text.split('/');
      return { points: Number(points), duration: parseDuration(window) ?? Number.NaN };
    })
    .refine(({ duration }) => duration >= SECOND && duration <= 365 * DAY, message);
}
