import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import test from 'ava';

/** Files that every room may stand on. */
const GROUND =
  /^lib\/(?:assert|caller|defaults|error-without-data|errors|ip-address|log|plain-log|time|user)\.ts$|^server\/raw-headers\.ts$/;

/**
 * The rooms, from the ground up, and the other rooms that each may import from. `lib` is the composition
 * of the library, `server` that of the server; all may stand on the ground.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  ground: [],
  'lib/passwords': [],
  'lib/tokens': [],
  'lib/tokens/keys/secret': [],
  'lib/tokens/keys': ['lib/tokens/keys/secret'],
  'lib/tokens/access': ['lib/tokens/keys'],
  'lib/tokens/refresh': ['lib/tokens/keys'],
  'lib/store/mongo': [],
  'lib/store/primary': ['lib/store/mongo'],
  'lib/store/accounts': ['lib/store/mongo', 'lib/store/primary', 'lib/tokens/access'],
  'lib/store/records': ['lib/store/mongo'],
  'lib/store/revocations': ['lib/store/mongo', 'lib/store/primary', 'lib/store/records'],
  'lib/store/sessions': ['lib/store/mongo', 'lib/store/primary'],
  'lib/store/migrations': [
    'lib/passwords',
    'lib/tokens/access',
    'lib/store/mongo',
    'lib/store/revocations',
  ],
  'use-case': ['lib/store/records'],
  'lib/use-cases/shared': ['lib/tokens*', 'lib/store/*'],
  'lib/use-cases': [
    'use-case',
    'lib/passwords',
    'lib/tokens*',
    'lib/store/*',
    'lib/use-cases/shared',
  ],
  lib: ['use-case', 'lib/*'],
  'server/config': ['lib*', 'use-case'],
  'server/output': [],
  server: ['lib*', 'use-case', 'server/*'],
  'scripts/cli': ['lib*', 'use-case', 'server*'],
  'scripts/dev/mongod': ['scripts/dev'],
  'scripts/dev': ['lib*', 'server*', 'scripts/cli', 'scripts/dev/mongod'],
};

/** Files whose room is not their folder. */
const OTHERS: Readonly<Record<string, string>> = {
  'lib/use-case.ts': 'use-case',
};

function findRoom(file: string): string {
  if (GROUND.test(file)) return 'ground';
  const other = OTHERS[file];
  if (other !== undefined) return other;
  let room = dirname(file);
  while (!(room in ROOMS) && room !== '.') room = dirname(room);
  return room;
}

function mayImport(from: string, to: string): boolean {
  if (from === to || to === 'ground') return true;
  return (ROOMS[from] ?? []).some((allowed) =>
    allowed.endsWith('*') ? to.startsWith(allowed.slice(0, -1)) : to === allowed,
  );
}

function readSources(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file));
}

function readImports(file: string): string[] {
  const imports = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b[^;]*?from '(\.[^']+)'/gm,
  );
  return [...imports].map(([, path = '']) => join(dirname(file), path));
}

test('Imports lead from each room only to the rooms it may stand on', (t) => {
  const files = ['lib', 'server', 'scripts/cli', 'scripts/dev'].flatMap(readSources);
  t.true(files.length > 150);
  const against = files.flatMap((file) =>
    readImports(file)
      .filter((target) => !mayImport(findRoom(file), findRoom(target)))
      .map((target) => `${file} (${findRoom(file)}) imports ${target} (${findRoom(target)})`),
  );
  t.deepEqual(against, []);
});
