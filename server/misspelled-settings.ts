import { closest, distance } from 'fastest-levenshtein';
import type { Environment } from './environment.ts';
import { withoutEmpty } from './secret-files.ts';
import { SECRETS, settings } from './settings.ts';

const KNOWN: readonly string[] = [
  ...Object.keys(settings),
  ...SECRETS.map((name) => `${name}_FILE`),
];

/** Names of this length are near to too many others, such as HOST and HOME. */
const SHORT = 5;

/** The beginnings of names that hardly anything else in an environment has. */
const PREFIX =
  /^(JWT|MONGODB|BCRYPT|CORS|REFRESH|ACCESS_TOKEN|LOGIN_FAILURES|PRIMARY_PROOF|PASSWORD_MIN|TRUST|KEEP_ALIVE|SHUTDOWN|REQUEST|AUDIT)_/;

/** Kubernetes and Docker describe a service `mongodb` by variables that begin so, too. */
const SERVICE_NAME = /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$|_ENV_\w+$/;
const SERVICE_VALUE = /^(tcp|udp|sctp):\/\/|^\/\S+\/\S+$/;

/** Finds variables that were meant as settings, by their names, and are none. Returns a sentence for each, without the value. */
export function misspelledSettings(env: Environment): string[] {
  return Object.entries(withoutEmpty(env))
    .filter(([name, value = '']) => isForUs(name) && !isOfService(name, value))
    .map(([name]) => describe(name));
}

function isForUs(name: string): boolean {
  if (KNOWN.includes(name)) return false;
  const text = normalized(name);
  return PREFIX.test(text) || KNOWN.some((known) => isNear(text, known) || extend(text, known));
}

function isOfService(name: string, value: string): boolean {
  return SERVICE_NAME.test(name) || SERVICE_VALUE.test(value);
}

/** Returns the name as a setting would spell it. */
function normalized(name: string): string {
  return name.toUpperCase().replaceAll(/[-. ]/g, '_');
}

function isNear(text: string, known: string): boolean {
  if (Math.abs(text.length - known.length) > 2) return false; // spares the comparison
  const edits = distance(text, known);
  return edits <= (known.length > SHORT ? 2 : 1) || (edits === 2 && areAnagrams(text, known));
}

/** Two letters that have changed places are two edits to this library. */
function areAnagrams(text: string, known: string): boolean {
  return [...text].sort().join() === [...known].sort().join();
}

function extend(text: string, known: string): boolean {
  return known.length > SHORT && text.startsWith(`${known}_`);
}

function describe(name: string): string {
  const text = normalized(name);
  const nearest = closest(text, KNOWN);
  const isMeant = isNear(text, nearest) || extend(text, nearest) || extend(nearest, text);
  const advice = isMeant ? `Is ${nearest} meant?` : 'The settings are listed in .env.example.';
  return `${name} is not a setting and has no effect. ${advice}`;
}
