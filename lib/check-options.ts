import { integerFault } from './assert.ts';
import type { Log } from './log.ts';
import type { AuthOptions } from './options.ts';
import { DAY, SECOND } from './time.ts';

/** Returns the fault of a value as a phrase that follows the option's name; undefined for a valid value. */
type Check = (value: unknown) => string | undefined;

const string: Check = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'must be a non-empty string';

const wholeNumber: Check = (value) => integerFault(value, 0);

const aFunction: Check = (value) =>
  typeof value === 'function' ? undefined : 'must be a function';

const secrets: Check = (value) => {
  if (!Array.isArray(value) || value.length === 0) return 'must be a list of at least one secret';
  return value.every((each) => typeof each === 'string') ? undefined : 'must contain only strings';
};

const clock: Check = (value) =>
  typeof value === 'function' && Number.isFinite(value())
    ? undefined
    : 'must be a function that returns milliseconds since 1970';

const log: Check = (value) => {
  const { warn, error }: Partial<Record<keyof Log, unknown>> = Object(value);
  const isLog = typeof warn === 'function' && typeof error === 'function';
  return isLog ? undefined : 'must have the functions warn and error';
};

const LIMITS = ['perAccount', 'perAddress', 'anywhere'];

const loginLimits: Check = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `must be an object. Its properties are ${LIMITS.join(', ')}`;
  }
  const unknown = Object.keys(value).find((name) => !LIMITS.includes(name));
  if (unknown !== undefined) return `has no property "${unknown}". Use ${LIMITS.join(', ')}`;
  const [name] = Object.entries(value).find(([, limit]) => !isLimit(limit)) ?? [];
  if (name === undefined) return undefined;
  return `has an invalid "${name}". Set its points to at least 1 and its duration to at least ${SECOND} ms, in whole numbers`;
};

function isLimit(value: unknown): boolean {
  if (value === undefined) return true;
  const { points, duration }: Record<string, unknown> = Object(value);
  return (integerFault(points, 1) ?? integerFault(duration, SECOND)) === undefined;
}

/** The type check of each option. Other names are refused. The code that uses an option also checks the range. */
const CHECKS: Readonly<Record<keyof AuthOptions, Check>> = {
  db: () => undefined, // checked by assertUsable
  secrets,
  privateKey: string,
  publicKeys: string,
  issuer: string,
  audience: string,
  accessTokenTtl: wholeNumber,
  refreshTokenIdleTtl: wholeNumber,
  refreshTokenMaxTtl: wholeNumber,
  refreshGrace: wholeNumber,
  maxSessions: wholeNumber,
  bcryptCost: wholeNumber,
  bcryptThreads: wholeNumber,
  passwordMinLength: wholeNumber,
  rememberedTokenBytes: wholeNumber,
  deadline: (value) => integerFault(value, 1, DAY),
  follow: (value) => (value === 'auto' || value === 'off' ? undefined : 'must be "auto" or "off"'),
  followerLease: wholeNumber,
  onFollower: aFunction,
  loginLimits,
  log,
  clock,
};

/** The options of earlier versions that are refused, each with what replaces it. */
const GONE: Readonly<Record<string, string>> = {
  maxStaleness:
    'no check is late. Servers that remember what they read have "follow" and "followerLease"',
  proofInterval:
    'no proof of the primary is made. A lease replaces it, see "follow" and "followerLease"',
  onPrimaryProof:
    'no proof of the primary is made. "onFollower" reports the lease that replaces it',
};

/** Throws a TypeError that names the first option that is unknown, missing or of the wrong type. */
export function checkOptions(options: AuthOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('"options" must be an object with "db" and "secrets"');
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(CHECKS, name));
  if (unknown !== undefined) throw new TypeError(`"${unknown}" ${describeUnknown(unknown)}`);
  if (options.secrets === undefined) throw new TypeError('"secrets" is missing');
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = options[name as keyof AuthOptions];
    const fault = value === undefined ? undefined : check(value);
    if (fault !== undefined) throw new TypeError(`"${name}" ${fault}`);
  }
}

function describeUnknown(name: string): string {
  if (Object.hasOwn(GONE, name)) return `is gone: ${GONE[name]}. Remove the option`;
  return `is not an option of createAuth. The options are: ${Object.keys(CHECKS).join(', ')}`;
}
