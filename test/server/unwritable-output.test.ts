import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { SECOND, withTimeout } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { freePort } from '../../scripts/dev/mongod/free-port.ts';
import { hasEnded, howEnded, spawnChild } from '../../scripts/dev/processes.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { codeAtSignal, UNCAUGHT } from '../helpers/code-at-signal.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { emptyFolder, SERVER, SERVER_ENV } from '../helpers/processes.ts';
import { openScope } from '../helpers/scope.ts';
import { smallDisk } from '../helpers/small-disk.ts';

/** The server's deadline is twice as long as the limits below: what ends only by it fails. */
const file = openScope();
const ENV = { MONGODB_URI: (await migratedDatabase(file)).uri, REQUEST_DEADLINE: '60s' };
test.after.always(file.end);
const DEADLINE = 30 * SECOND;
const AT_ONCE = 50;
/** More than a pipe and its reader hold, in lines. */
const MANY = 1_200;
const STOP_DEADLINE = 30 * SECOND;

/** The ends of the child's standard output and standard error. */
type Outputs = readonly [stdout: number | 'pipe', stderr: number | 'pipe'];

interface Case {
  readonly outputs: () => Outputs;
  readonly prefix?: readonly string[];
  /** Ends the reader once the server runs. */
  readonly breaks?: 'stdout' | 'both';
  /** The text on standard error, if it is a pipe that can be written. */
  readonly tells?: RegExp;
}

/** Opens a file for writing at its end, as a descriptor for a child. */
const opened = (path: string) => openSync(path, 'a');
const full = () => opened('/dev/full');
const inShell = (script: string) => ['bash', '--norc', '-c', script, 'bash'];

const CASES: Readonly<Record<string, Case>> = {
  'a full disk': {
    outputs: () => [full(), 'pipe'],
    tells: /^rescind is dropping log lines.*ENOSPC.*\n$/,
  },
  'a full disk, with standard error on it too': { outputs: () => [full(), full()] },
  'a pipe whose reader has gone': {
    outputs: () => ['pipe', 'pipe'],
    breaks: 'stdout',
    tells: /^rescind is dropping log lines.*EPIPE.*\n$/,
  },
  'pipes whose readers have gone': { outputs: () => ['pipe', 'pipe'], breaks: 'both' },
  'a pipe that nobody reads': { outputs: () => ['pipe', 'pipe'], tells: /^$/ },
  'one pipe for both that nobody reads': {
    outputs: () => ['pipe', 'pipe'],
    prefix: inShell('exec "$@" 2>&1'),
  },
  'a closed descriptor': { outputs: () => ['pipe', 'pipe'], prefix: inShell('exec "$@" >&- 2>&-') },
};

/** Starts the server with outputs of the test's own making, and waits until it answers. */
async function startServerWithOutputs(
  t: ExecutionContext,
  env: Record<string, string>,
  outputs: Outputs,
  prefix: readonly string[] = [],
) {
  const port = await freePort(); // The log, which contains the port, may lead nowhere.
  const [command = process.execPath, ...args] = [...prefix, process.execPath, SERVER];
  const own = { PATH: process.env['PATH'], PORT: String(port), JWT_SECRET_KEY: generateSecret() };
  const child = spawnChild(command, args, {
    cwd: emptyFolder(t),
    stdio: ['ignore', ...outputs],
    env: { ...SERVER_ENV, ...own, ...env },
  });
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const url = `http://127.0.0.1:${port}`;
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  const isAlive = async () => (await withTimeout(SECOND, fetch(`${url}/livez`), noAnswer)).ok;
  await waitFor('A server that answers', isAlive, { signal: gone.signal }).catch((cause) => {
    throw hasEnded(child) ? new Error(`The server ended: ${howEnded(child)}`) : cause;
  });
  return { url, ended, child };
}

const noAnswer = () => new Error('No answer');

/** Each within REQUEST_DEADLINE. */
async function assertAnswers(t: ExecutionContext, url: string, times: number) {
  for (let left = times; left > 0; left -= AT_ONCE) {
    const statuses = await Promise.all(Array.from({ length: AT_ONCE }, () => readStatus(url)));
    t.deepEqual(statuses, Array(AT_ONCE).fill(200));
  }
}

function waitForEnd({ ended }: Awaited<ReturnType<typeof startServerWithOutputs>>) {
  return withTimeout(STOP_DEADLINE, ended, () => new Error('The server does not end'));
}

/** The client gives up at the deadline. */
function readStatus(url: string): Promise<number | undefined | string> {
  const asked = once(get(`${url}/livez`), 'response').then(async ([answer]) => {
    await text(answer);
    return answer.statusCode;
  });
  return withTimeout(DEADLINE, asked, () => new Error('No answer in time')).catch(String);
}

for (const [title, { outputs, prefix, breaks, tells }] of Object.entries(CASES)) {
  test.serial(
    `Whatever becomes of the output, requests are answered in time and SIGTERM ends the server: ${title}`,
    async (t) => {
      const server = await startServerWithOutputs(t, ENV, outputs(), prefix);
      const { stdout, stderr } = server.child;
      if (breaks !== undefined) stdout?.destroy();
      if (breaks === 'both') stderr?.destroy();
      const logged = tells === undefined || stderr === null ? undefined : text(stderr);
      await assertAnswers(t, server.url, MANY);
      server.child.kill('SIGTERM');
      t.is(await waitForEnd(server), 0);
      if (tells !== undefined) t.regex((await logged) ?? '', tells);
    },
  );
}

for (const fault of ['a rejection', 'an error each millisecond'] as const) {
  test.serial(
    `Whatever becomes of the output, ${fault} that nothing caught ends the server with 1`,
    async (t) => {
      for (const [title, { outputs, prefix, breaks }] of Object.entries(CASES)) {
        const env = { ...ENV, ...codeAtSignal(t, UNCAUGHT[fault]) };
        const server = await startServerWithOutputs(t, env, outputs(), prefix);
        const { stdout, stderr } = server.child;
        if (breaks !== undefined) stdout?.destroy();
        if (breaks === 'both') stderr?.destroy();
        await assertAnswers(t, server.url, 400);
        server.child.kill('SIGUSR2');
        t.is(await waitForEnd(server), 1, title);
      }
    },
  );
}

test.serial(
  'Whatever becomes of the output, requests are answered in time and SIGTERM ends the server: a file at its largest size',
  async (t) => {
    const path = join(emptyFolder(t), 'log');
    const server = await startServerWithOutputs(
      t,
      ENV,
      [opened(path), 'pipe'],
      inShell('ulimit -f 8; exec "$@"'),
    );
    const logged = text(server.child.stderr as NonNullable<typeof server.child.stderr>);
    await assertAnswers(t, server.url, 200);
    server.child.kill('SIGTERM');
    t.is(await waitForEnd(server), 0);
    t.regex(await logged, /EFBIG/);
  },
);

test.serial(
  'Lines that were dropped on a full disk are counted there once it has room again',
  async (t) => {
    const disk = await smallDisk(t);
    if ('reason' in disk) {
      t.log(disk.reason);
      t.pass();
      return;
    }
    const path = join(disk.folder, 'log');
    const server = await startServerWithOutputs(t, ENV, [opened(path), opened(path)]);
    await disk.fill();
    await assertAnswers(t, server.url, 400);
    await disk.free();
    const line = await untilReported(path);
    t.true(line.dropped_lines > 0 && line.dropped_lines <= 400 + 10);
    await assertAnswers(t, server.url, 100);
    server.child.kill('SIGTERM');
    t.is(await waitForEnd(server), 0);
    t.regex(readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '', /"msg":"stopping"/);
  },
);

async function untilReported(path: string): Promise<{ dropped_lines: number }> {
  const [line] = await waitFor('The number of dropped lines', () =>
    /^\{.*"dropped_lines":.*\}$/m.exec(readFileSync(path, 'utf8')),
  );
  return JSON.parse(line);
}
