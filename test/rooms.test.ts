/** The imports of every file are those that CONTRIBUTING.md's table of rooms allows. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import test from 'ava';

/** A row of the table. Names of folders end with a slash; in `imports` also with `*`, for all rooms in it. */
interface Room {
  readonly names: readonly string[];
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const ROOMS = readRooms();
const [GROUND] = ROOMS;

function readRooms(): readonly Room[] {
  const [, table = ''] =
    /^\| room .*\n.*\n((?:\|.*\n)+)/m.exec(readFileSync('CONTRIBUTING.md', 'utf8')) ?? [];
  return table
    .trimEnd()
    .split('\n')
    .map((row) => {
      const [, names = [], , imports = [], packages = []] = row.split('|').map(readCode);
      return { names, imports, packages };
    });
}

function readCode(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** Returns the row of a file: the one with the longest name that fits. */
function findRoom(file: string): Room | undefined {
  const fits = ROOMS.flatMap((room) =>
    room.names.filter((name) => file.startsWith(name)).map((name) => ({ room, name })),
  );
  return fits.sort((a, b) => b.name.length - a.name.length)[0]?.room;
}

function findRooms(name: string): Room[] {
  const fits = name.endsWith('*')
    ? (own: string) => own.startsWith(name.slice(0, -1))
    : (own: string) => own === name;
  return ROOMS.filter(({ names }) => names.some(fits));
}

function mayImport(file: string, specifier: string): boolean {
  const room = findRoom(file);
  if (room === undefined) return false;
  if (specifier.startsWith('node:')) return true;
  const [name = ''] = /^(?:@[^/]+\/)?[^/]+/.exec(specifier) ?? [];
  if (name !== '.' && name !== '..') return room.packages.includes(name);
  const target = findRoom(join(dirname(file), specifier));
  return [room, GROUND, ...room.imports.flatMap(findRooms)].some((each) => each === target);
}

function readSources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => file.endsWith('.ts') && !file.startsWith('scripts/bench/'));
}

/** Returns what a file imports, also by side effect, as a type or while it runs, but not in its comments. */
function readImports(file: string): string[] {
  const code = readFileSync(file, 'utf8').replace(/^ *\/?\*.*/gm, '');
  const imports = code.matchAll(
    /(?<!['"])\b(?:(?:from|import)\s*['"]|(?:import|require)\s*\(\s*['"`])([^'"`]+)/g,
  );
  return [...imports].map(([, specifier = '']) => specifier);
}

test('Imports lead from each room only to the rooms it may stand on', (t) => {
  const files = ['lib', 'server', 'scripts'].flatMap(readSources);
  t.true(files.length > 150);
  const refused = files.flatMap((file) =>
    readImports(file)
      .filter((specifier) => !mayImport(file, specifier))
      .map((specifier) => `${file} (${findRoom(file)?.names}) imports ${specifier}`),
  );
  t.deepEqual(refused, []);
});

test('a room names only rooms above its own, so no circle leads through them', (t) => {
  for (const [index, { names, imports }] of ROOMS.entries()) {
    for (const name of imports) {
      const rooms = findRooms(name).filter((room) => room !== ROOMS[index]);
      t.true(rooms.length > 0, `${names} names ${name}, which is no room`);
      t.true(
        rooms.every((room) => ROOMS.indexOf(room) < index),
        `${names} names ${name}, which is below it`,
      );
    }
  }
});

/** Files that import a package which their room must not use. */
const against: readonly [file: string, imports: string][] = [
  ['lib/use-cases/logout.ts', 'mongodb'],
  ['lib/tokens/keys/key.ts', 'mongodb'],
  ['lib/index.ts', 'koa'],
  ['lib/index.ts', '@koa/cors'],
  ['lib/index.ts', 'commander'],
  ['lib/store/mongo/database.ts', 'pino'],
  ['server/routes/auth/me.ts', 'mongodb'],
  ['scripts/cli/migrate.ts', 'mongodb'],
  ['scripts/cli.ts', 'mongodb/lib/collection.js'],
];

/** Files that import a package of their own side. */
const along: readonly [file: string, imports: string][] = [
  ['lib/store/sessions/sessions.ts', 'mongodb'],
  ['server/app.ts', 'koa'],
  ['scripts/cli.ts', 'commander'],
];

test('the walls refuse every import of a package that the room must not use', (t) => {
  for (const [file, imports] of against) t.false(mayImport(file, imports), `${file} ${imports}`);
});

test('the walls have nothing against the packages of each side', (t) => {
  for (const [file, imports] of along) t.true(mayImport(file, imports), `${file} ${imports}`);
});
