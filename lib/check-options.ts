import type { Log } from './log.ts';
import type { AuthOptions } from './options.ts';
import { DAY, SECOND } from './time.ts';

/** The fault of a value, to be read after the name of its option; undefined where there is none. */
type Check = (value: unknown) => string | undefined;

const string: Check = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'must be a string that is not empty';

const wholeNumber: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'must be a whole number';

const aFunction: Check = (value) =>
  typeof value === 'function' ? undefined : 'must be a function';

const deadline: Check = (value) =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) <= DAY
    ? undefined
    : 'must be a whole number of milliseconds, more than 0 and at most a day';

const secrets: Check = (value) => {
  if (!Array.isArray(value) || value.length === 0) return 'must be a list of at least one secret';
  return value.every((each) => typeof each === 'string') ? undefined : 'must hold strings only';
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
    return `must be an object of ${LIMITS.join(', ')}`;
  }
  const unknown = Object.keys(value).find((name) => !LIMITS.includes(name));
  if (unknown !== undefined) return `has no "${unknown}", only ${LIMITS.join(', ')}`;
  const [name] = Object.entries(value).find(([, limit]) => !isLimit(limit)) ?? [];
  if (name === undefined) return undefined;
  return `must let through at least 1 failure in at least 1 second: see "${name}", { points, duration } in whole numbers`;
};

function isLimit(value: unknown): boolean {
  if (value === undefined) return true;
  const { points, duration }: Record<string, unknown> = Object(value);
  const isWhole = Number.isSafeInteger(points) && Number.isSafeInteger(duration);
  return isWhole && Number(points) >= 1 && Number(duration) >= SECOND;
}

/** Every option, so that a name which is not here is a misspelling; bounds are checked where they are known. */
const CHECKS: Readonly<Record<keyof AuthOptions, Check>> = {
  db: () => undefined, // assertUsable looks into it
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
  deadline,
  maxStaleness: wholeNumber,
  proofInterval: wholeNumber,
  onPrimaryProof: aFunction,
  loginLimits,
  log,
  clock,
};

/** TypeError that names the option which is unknown, missing or of the wrong type. */
export function checkOptions(options: AuthOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('"options" must be an object with "db" and "secrets"');
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(CHECKS, name));
  if (unknown !== undefined) {
    const known = Object.keys(CHECKS).join(', ');
    throw new TypeError(`"${unknown}" is not an option of createAuth; these are: ${known}`);
  }
  if (options.secrets === undefined) throw new TypeError('"secrets" is missing');
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = options[name as keyof AuthOptions];
    const fault = value === undefined ? undefined : check(value);
    if (fault !== undefined) throw new TypeError(`"${name}" ${fault}`);
  }
}
