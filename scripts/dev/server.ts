import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pretty from 'pino-pretty';
import { parseDuration } from '../../lib/time.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { listenFault } from '../../server/listen-on.ts';
import type { Cleanups } from './cleanups.ts';
import { ExitError } from './exit-error.ts';
import { guard } from './guard.ts';
import { endChild, ended, hasEnded, howEnded, spawnChild } from './processes.ts';
import type { Report } from './progress.ts';

const readyLimit = 60_000;
/** In which a server ends that has no more than its own deadline to keep, in milliseconds. */
const stopGrace = 15_000;

/**
 * Makes sure that the server will be able to listen.
 *
 * @throws ExitError 1 that says why it will not.
 */
export async function checkAddress(host: string, port: string): Promise<void> {
  const number = Number(port);
  // The server itself refuses such a port, in its own words.
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(number, host, () => probe.close(() => resolve()));
  }).catch((error: NodeJS.ErrnoException) => {
    throw new ExitError(EXIT.failed, addressFault(host, number, error), { cause: error });
  });
}

function addressFault(host: string, port: number, error: NodeJS.ErrnoException): string {
  if (error.code !== 'EADDRINUSE') return `${listenFault(host, port, error)}.`;
  return `Port ${port} on ${host} is in use by another program. Stop that (is it npm run dev in another terminal?), or take another port: PORT=8002 npm run dev`;
}

/**
 * Starts the server and waits until it says that it is ready.
 *
 * @returns the promise of the code the server ends with.
 * @throws ExitError with the server's own code when it ends first, 1 when it is not ready in 60 s.
 */
export async function startServer(
  url: string,
  env: NodeJS.ProcessEnv,
  report: Report,
  cleanups: Cleanups,
): Promise<{ exitCode: Promise<number> }> {
  const main = fileURLToPath(new URL('../../server/main.js', import.meta.url));
  // In a session of its own: a Ctrl-C is dev's to act on, so that the server ends before MongoDB.
  const child = spawnChild(process.execPath, [main], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanups.add(async () => {
    if (!hasEnded(child))
      await report.step('Stopping the server', () => endChild(child, stopGrace + delayOf(env)));
  });
  guard(child);
  showLog(child);
  await report.step('Starting the server', () => ready(child, `${url}/readyz`));
  return { exitCode: ended(child).then(() => exitCodeOf(child)) };
}

function delayOf({ SHUTDOWN_DELAY = '' }: NodeJS.ProcessEnv): number {
  return parseDuration(SHUTDOWN_DELAY) ?? 0;
}

/** Written through process.stdout and not by its number: a spinner that turns there makes room. */
function showLog(child: ChildProcess): void {
  const colorize = process.stdout.isTTY && process.stdout.hasColors();
  const readable = pretty.prettyFactory({
    colorize,
    ignore: 'pid,hostname',
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
  });
  if (child.stdout) {
    const lines = createInterface({ input: child.stdout });
    process.stdout.on('drain', () => lines.resume());
    lines.on('line', (line) => {
      const isSlow = !process.stdout.write(readable(line));
      // A reader that left is never ready again, and the server is not to wait for it.
      if (isSlow && process.stdout.writable) lines.pause();
    });
  }
  child.stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + readyLimit;
  let last = 'no answer';
  while (performance.now() < deadline) {
    if (hasEnded(child))
      throw new ExitError(exitCodeOf(child), `The server has ended (${howEnded(child)}).`);
    last = await askReadiness(url);
    if (last === 'ready') return;
    await sleep(100);
  }
  throw new ExitError(
    EXIT.failed,
    `The server is not ready after ${readyLimit / 1000} s. ${url}: ${last}`,
  );
}

async function askReadiness(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return response.status === 200 ? 'ready' : `${response.status} ${await response.text()}`;
  } catch (error) {
    return (error as Error).message;
  }
}

function exitCodeOf(child: ChildProcess): number {
  return child.exitCode ?? 1; // no code means that a signal ended it
}
