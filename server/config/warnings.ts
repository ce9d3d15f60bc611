import { closest, distance } from 'fastest-levenshtein';
import type { Connection } from '../../lib/store/mongo/database.ts';
import { type Environment, withoutEmpty } from './env.ts';
import { SECRETS, settings } from './settings.ts';

const KNOWN: readonly string[] = [
  ...Object.keys(settings),
  ...SECRETS.map((name) => `${name}_FILE`),
];

/** Length up to which a setting's name allows only one edit, so that HOME does not count as a misspelled HOST. */
const SHORT = 5;

/** Matches prefixes of settings. An unknown variable with such a prefix is probably a misspelled setting. */
const PREFIX =
  /^(JWT|MONGODB|BCRYPT|CORS|REFRESH|ACCESS_TOKEN|LOGIN_FAILURES|PASSWORD_MIN|TRUST|KEEP_ALIVE|SHUTDOWN|REQUEST|AUDIT)_/;

/** Matches variables that need no warning, because Kubernetes or Docker sets them, e.g. MONGODB_SERVICE_HOST. */
const SERVICE_NAME = /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$|_ENV_\w+$/;
const SERVICE_VALUE = /^(tcp|udp|sctp):\/\/|^\/\S+\/\S+$/;

/** Finds variables whose names resemble settings. Returns a warning for each, without its value. */
export function misspelledSettings(env: Environment): string[] {
  return Object.entries(withoutEmpty(env))
    .filter(([name, value = '']) => isMisspelled(name) && !describesService(name, value))
    .map(([name]) => describe(name));
}

/** Settings of earlier versions that have no effect, each with what to read about in its place. */
const GONE: Readonly<Record<string, string>> = {
  MAX_STALENESS: 'Every check is exact; whether it needs a read is set by FOLLOW',
  PRIMARY_PROOF_INTERVAL: 'With FOLLOW=auto a lease replaces the proof, see FOLLOWER_LEASE',
};

/** Finds settings of earlier versions. Returns a warning for each. */
export function goneSettings(env: Environment): string[] {
  const given = withoutEmpty(env);
  return Object.entries(GONE)
    .filter(([name]) => name in given)
    .map(
      ([name, instead]) =>
        `${name} is no longer a setting and has no effect, so it may be removed. ${instead}`,
    );
}

/** Returns a warning that lists the options of MONGODB_URI that rescind overrides, if there are any. */
export function overriddenOptions({ overridden }: Pick<Connection, 'overridden'>): string[] {
  if (overridden.length === 0) return [];
  return [
    `rescind ignores these options of MONGODB_URI and sets its own values: ${overridden.join(', ')}`,
  ];
}

function isMisspelled(name: string): boolean {
  if (KNOWN.includes(name)) return false;
  const text = normalize(name);
  return PREFIX.test(text) || KNOWN.some((known) => isClose(text, known) || extend(text, known));
}

function describesService(name: string, value: string): boolean {
  return SERVICE_NAME.test(name) || SERVICE_VALUE.test(value);
}

/** Spells a name like a setting: upper case, with underscores. */
function normalize(name: string): string {
  return name.toUpperCase().replaceAll(/[-. ]/g, '_');
}

function isClose(text: string, known: string): boolean {
  if (Math.abs(text.length - known.length) > 2) return false; // fast path
  const edits = distance(text, known);
  return edits <= (known.length > SHORT ? 2 : 1) || (edits === 2 && areAnagrams(text, known));
}

/** Returns true for swapped letters, which `distance` counts as two edits. */
function areAnagrams(text: string, known: string): boolean {
  return [...text].sort().join() === [...known].sort().join();
}

function extend(text: string, known: string): boolean {
  return known.length > SHORT && text.startsWith(`${known}_`);
}

function describe(name: string): string {
  const text = normalize(name);
  const nearest = closest(text, KNOWN);
  const isMeant = isClose(text, nearest) || extend(text, nearest) || extend(nearest, text);
  const advice = isMeant ? `Did you mean ${nearest}?` : 'See .env.example for all settings.';
  return `${name} is not a setting and has no effect. ${advice}`;
}
