import type { Remedy } from '../../errors.ts';

const AUTHENTICATION_FAILED = 18;
const ATLAS_ERROR = 8000;
const UNAUTHORIZED: ReadonlySet<unknown> = new Set([13, ATLAS_ERROR]);

/** Describes refused credentials or a missing privilege, and what to do. Returns undefined for any other error. */
export function accessFault(error: unknown): readonly [Remedy, string] | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  if (error.code === AUTHENTICATION_FAILED) return ['grant_access', CREDENTIALS_REFUSED];
  if (!UNAUTHORIZED.has(error.code)) return undefined;
  const found = FORMS.map((form) => form.exec(error.message)).find(Boolean) ?? [];
  const [, command = '', collection = ''] = found;
  if (error.code === ATLAS_ERROR && command === '') return undefined;
  const what = `run ${command || 'this command'}${collection && ` on ${collection}`}`;
  const role = FOR_MIGRATE.has(command) ? 'rescindMigrate' : 'rescindServer';
  return ['grant_access', `${DENIED} ${what}. Grant this user the role ${role}`];
}

const DENIED = 'MongoDB does not allow the user of the connection URI to';
const CREDENTIALS_REFUSED = 'MongoDB refused the credentials of the connection URI. Correct them';

/**
 * Patterns of error messages: the first two of mongod, the third of shared cloud tiers. The first one names the action
 * of a change stream, whose command is `aggregate`.
 */
const FORMS: readonly RegExp[] = [
  /execute command \{ aggregate: .*?\$(changeStream)\b/,
  /execute command \{ (\w+): (?:"([^"]*)")?/,
  /not allowed to do action \[(\w+)\] on \[[^.\]]*\.?([^\]]*)\]/,
];

/** Commands that only `migrate` runs. */
const FOR_MIGRATE: ReadonlySet<string> = new Set([
  'create',
  'collMod',
  'createIndexes',
  'createCollection',
  'createIndex',
]);
