import * as z from 'zod';
import { longestLease } from '../../lib/store/followers/obstacles.ts';
import { poolFault } from '../../lib/store/mongo/connection-uri.ts';
import { GENERATE_NEW } from '../advice.ts';
import { cleanValues } from './clean-values.ts';
import { type Environment, readSecretFiles, withoutEmpty } from './env.ts';
import { ConfigError } from './error.ts';
import { privateKey } from './parsers.ts';
import { settings } from './settings.ts';
import { misspelledSettings } from './warnings.ts';

const settingsSchema = z.object(settings);
const databaseSchema = settingsSchema
  .pick({
    MONGODB_URI: true,
    MONGODB_POOL_SIZE: true,
    AUDIT_RETENTION: true,
    BCRYPT_COST: true,
    PASSWORD_MIN_LENGTH: true,
    JWT_ISSUER: true,
  })
  .superRefine(checkPool);

type Pool = Pick<z.output<typeof settingsSchema>, 'MONGODB_URI' | 'MONGODB_POOL_SIZE'>;

function checkPool(pool: Pool, context: z.RefinementCtx): void {
  const message = poolFault(pool.MONGODB_URI, pool.MONGODB_POOL_SIZE, 'MONGODB_POOL_SIZE');
  if (message !== undefined) {
    context.addIssue({ code: 'custom', path: ['MONGODB_URI'], message });
  }
}

/** Schema of the command `public-key`, which requires the private key. For the server the private key is optional. */
const signingSchema = z.object({
  JWT_PRIVATE_KEY: z.string(`is missing or empty. ${GENERATE_NEW} -- --key EdDSA`).pipe(privateKey),
});

/** Schema of the server. Also checks the pool size and the order of the token lifetimes. */
const serverSchema = settingsSchema.superRefine((config, context) => {
  checkPool(config, context);
  checkLease(config, context);
  for (const [shorter, longer] of [
    ['ACCESS_TOKEN_TTL', 'REFRESH_TOKEN_IDLE_TTL'],
    ['REFRESH_TOKEN_IDLE_TTL', 'REFRESH_TOKEN_MAX_TTL'],
  ] as const) {
    if (!(config[shorter] > config[longer])) continue; // skips invalid durations (NaN), which are already reported
    const message = `must not be longer than ${longer}`;
    context.addIssue({ code: 'custom', path: [shorter], message });
  }
});

/** Reports a lease for which a revocation could not wait within its deadline. */
function checkLease(
  { FOLLOWER_LEASE, REQUEST_DEADLINE }: z.output<typeof settingsSchema>,
  context: z.RefinementCtx,
): void {
  const longest = longestLease(REQUEST_DEADLINE);
  if (FOLLOWER_LEASE === undefined || !(FOLLOWER_LEASE > longest)) return;
  const message = `must be at most ${longest}ms: a revocation waits up to 1.1 of it, within nine tenths of REQUEST_DEADLINE and with a second to spare`;
  context.addIssue({ code: 'custom', path: ['FOLLOWER_LEASE'], message });
}

/** The settings of the server, by their names. Durations are in milliseconds. */
export type Config = Readonly<z.output<typeof serverSchema>>;

/** The settings of commands that work on the database. Durations are in milliseconds. */
export type DatabaseConfig = Readonly<z.output<typeof databaseSchema>>;

/** Parses the settings of the server into a frozen object. Throws ConfigError with all problems. */
export function parseConfig(env: Environment): Config {
  return parse(serverSchema, env);
}

/** Parses the settings of commands that work on the database, which need no JWT secret. */
export function parseDatabaseConfig(env: Environment): DatabaseConfig {
  return parse(databaseSchema, env);
}

/** Parses the settings of the command `public-key`. */
export function parseSigningConfig(env: Environment) {
  return parse(signingSchema, env);
}

function parse<T extends z.ZodObject>(schema: T, env: Environment): Readonly<z.output<T>> {
  const names = Object.keys(schema.shape);
  const read = readSecretFiles(withoutEmpty(env), names);
  const { values, problems: corrupted } = cleanValues(read.values, names);
  const problems = [...read.problems, ...corrupted];
  const result = schema.safeParse(values);
  const broken = new Set(problems.map((problem) => problem.split(/_FILE| /)[0]));
  const faults = (result.error?.issues ?? [])
    .filter((issue) => !broken.has(String(issue.path[0])))
    .map((issue) => `${String(issue.path[0])} ${issue.message}`);
  if (!result.success || problems.length > 0) {
    throw new ConfigError([...problems, ...faults], misspelledSettings(env));
  }
  return Object.freeze(result.data);
}
