import * as z from 'zod';
import { poolFault } from '../lib/store/connection-uri.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { intactValues } from './intact-values.ts';
import { misspelledSettings } from './misspelled-settings.ts';
import { readFiles, withoutEmpty } from './secret-files.ts';
import { privateKey, REMEDY } from './setting-kinds.ts';
import { settings } from './settings.ts';

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
  .superRefine(refusePoolFault);

interface Pool {
  readonly MONGODB_URI: string;
  readonly MONGODB_POOL_SIZE: number;
}

function refusePoolFault(pool: Pool, context: z.RefinementCtx): void {
  const fault = poolFault(pool.MONGODB_URI, pool.MONGODB_POOL_SIZE);
  if (fault === undefined) return;
  const message = fault.replace('connections', 'connections (MONGODB_POOL_SIZE)');
  context.addIssue({ code: 'custom', path: ['MONGODB_URI'], message });
}

/** Where it is the private key that is asked for, it has to be there. */
const signingSchema = z.object({
  JWT_PRIVATE_KEY: z.string(`is missing or empty. ${REMEDY} -- --key EdDSA`).pipe(privateKey),
});

/** An access token within its session's idle time, and that within its whole life; several proofs within the staleness. */
const serverSchema = settingsSchema.superRefine((config, context) => {
  refusePoolFault(config, context);
  if (config.MAX_STALENESS > 0 && config.MAX_STALENESS <= config.PRIMARY_PROOF_INTERVAL) {
    context.addIssue({
      code: 'custom',
      path: ['MAX_STALENESS'],
      message: 'must be 0s, or longer than PRIMARY_PROOF_INTERVAL',
    });
  }
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
  const names = Object.keys(schema.shape);
  const read = readFiles(withoutEmpty(env), names);
  const { values, problems: changed } = intactValues(read.values, names);
  const problems = [...read.problems, ...changed];
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
