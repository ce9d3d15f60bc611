import { integerFault } from '../../assert.ts';
import { DAY } from '../../time.ts';
import { MOST_CONNECTIONS } from './connection-uri.ts';

export interface ConnectOptions {
  /** The most milliseconds a request may wait for the database. Default 5,000. */
  readonly deadline?: number;
  /** The timeout of one command in milliseconds; 0 for none. Default: the deadline. */
  readonly commandTimeout?: number;
  readonly appName?: string;
  /** The most connections to one server, 1 to 1,000. Default 50. */
  readonly maxPoolSize?: number;
}

const MOST_BYTES = 128;

/** The checks of the options. Each returns a phrase that follows the option's name; undefined for a valid value. */
const CHECKS: Readonly<Record<keyof ConnectOptions, (value: unknown) => string | undefined>> = {
  deadline: (value) => integerFault(value, 1, DAY),
  commandTimeout: (value) => integerFault(value, 0, DAY),
  appName: (value) =>
    typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MOST_BYTES
      ? undefined
      : `must be a string of 1 to ${MOST_BYTES} bytes`,
  maxPoolSize: (value) => integerFault(value, 1, MOST_CONNECTIONS),
};

/** Throws a TypeError that names an unknown or invalid option of `connect`. */
export function checkConnectOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('"options" must be an object');
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) {
      const known = Object.keys(CHECKS).join(', ');
      throw new TypeError(`"${name}" is not an option of connect. The options are: ${known}`);
    }
    const fault = value === undefined ? undefined : CHECKS[name as keyof ConnectOptions](value);
    if (fault !== undefined) throw new TypeError(`"${name}" ${fault}`);
  }
}
