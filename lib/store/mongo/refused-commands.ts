const UNAUTHORIZED = 13;
const ATLAS_ERROR = 8000;

/** Returns a sentence on what MongoDB does not let this user do, without the command; undefined for any other error. */
export function missingPrivilege(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  if (error.code !== UNAUTHORIZED && error.code !== ATLAS_ERROR) return undefined;
  const [, command, collection] = FORMS.map((form) => form.exec(error.message)).find(Boolean) ?? [];
  if (error.code === ATLAS_ERROR && command === undefined) return undefined;
  const what = command === undefined ? 'do this' : `run ${command}${on(collection)}`;
  const role = FOR_MIGRATE.has(command ?? '') ? 'rescindMigrate' : 'rescindServer';
  return `MongoDB does not let the user of the connection URI ${what}: grant it the role ${role} (docs/privileges.md)`;
}

/** The refusals of mongod, and of shared cloud tiers. */
const FORMS: readonly RegExp[] = [
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

function on(collection: string | undefined): string {
  return collection === undefined || collection === '' ? '' : ` on ${collection}`;
}
