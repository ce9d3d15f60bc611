import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of tests that belong to a package with a compiler configuration of its own. */
const PACKAGES = [
  { tests: 'test/proof/', folder: 'test/proof' },
  { tests: 'test/bench/', folder: 'scripts/bench' },
] as const;

/** Returns the packages whose tests are named in the arguments. */
export function findPackages(args: readonly string[]): readonly string[] {
  return PACKAGES.filter(({ tests }) => args.some((arg) => sourceTest(arg)?.startsWith(tests))).map(
    ({ folder }) => folder,
  );
}

/** Converts the path of a test file, `test/x.test.ts`, to the path of its compiled file, `dist/test/x.test.js`. */
export function compiledTest(arg: string): string {
  const path = sourceTest(arg);
  if (path === undefined) return arg;
  const owner = PACKAGES.find(({ tests }) => path.startsWith(tests));
  return join(owner?.folder ?? '', 'dist', path.replace(/\.ts$/, '.js'));
}

function sourceTest(arg: string): string | undefined {
  const path = arg.replace(/^\.\//, '');
  const isTest = path.startsWith('test/') && (path.endsWith('.ts') || existsSync(path));
  return isTest ? path : undefined;
}

/** Removes compiled files without a source: the compiler does not remove them, and ava would run them. */
export async function removeStale(): Promise<void> {
  const folders = ['', ...PACKAGES.map(({ folder }) => folder)];
  await Promise.all(folders.map((folder) => removeStaleIn(join(folder, 'dist'))));
}

async function removeStaleIn(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const stale = files
    .filter((file) => file.endsWith('.js') && !existsSync(file.replace(/\.js$/, '.ts')))
    .flatMap((file) => [file, `${file}.map`, file.replace(/\.js$/, '.d.ts')]);
  await Promise.all(stale.map((file) => rm(join(folder, file), { force: true })));
}
