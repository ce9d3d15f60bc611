import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseDuration } from '../../lib/time.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { listenFault } from '../../server/listen-on.ts';
import { CliError } from '../cli/cli-error.ts';
import type { Cleanups } from './cleanups.ts';
import { guard } from './guard.ts';
import { endChild, ended, hasEnded, howEnded, spawnChild } from './processes.ts';
import type { Report } from './progress.ts';
import { waitFor } from './wait-for.ts';

const READY_LIMIT = 60_000;
/** Milliseconds after SHUTDOWN_DELAY until a server that does not stop is killed. */
const STOP_GRACE = 15_000;

/**
 * Checks that the server will be able to listen.
 *
 * @throws CliError 1 with the reason, if the address cannot be used.
 */
export async function checkAddress(host: string, port: string): Promise<void> {
  const number = Number(port);
  // An invalid port is not checked here, because the server itself rejects it with a message.
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(number, host, () => probe.close(() => resolve()));
  }).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(EXIT.failed, addressFault(host, number, error), { cause: error });
  });
}

function addressFault(host: string, port: number, error: NodeJS.ErrnoException): string {
  if (error.code !== 'EADDRINUSE') return `${listenFault(host, port, error)}.`;
  return `Port ${port} on ${host} is in use by another program. Stop that program, which may be npm run dev in another terminal, or use another port: PORT=8002 npm run dev`;
}

/**
 * Starts the server and waits until `/readyz` returns 200.
 *
 * @returns a promise of the server's exit code.
 * @throws CliError with the exit code of the server if it ends before it is ready, or 1 if it is not ready in 60 s.
 */
export async function startServer(
  url: string,
  env: NodeJS.ProcessEnv,
  report: Report,
  cleanups: Cleanups,
): Promise<{ exitCode: Promise<number> }> {
  const main = fileURLToPath(new URL('../../server/main.js', import.meta.url));
  const format = await createFormat();
  // The server has its own session, so that a Ctrl-C reaches only this script, which then stops the server.
  const child = spawnChild(process.execPath, [main], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanups.add(async () => {
    if (!hasEnded(child))
      await report.step('Stopping the server', () => endChild(child, STOP_GRACE + readDelay(env)));
  });
  guard(child);
  showLog(child, format);
  await report.step('Starting the server', () => untilReady(child, `${url}/readyz`));
  return { exitCode: ended(child).then(() => toExitCode(child)) };
}

function readDelay({ SHUTDOWN_DELAY = '' }: NodeJS.ProcessEnv): number {
  return parseDuration(SHUTDOWN_DELAY) ?? 0;
}

function showLog(child: ChildProcess, format: (line: string) => string): void {
  if (child.stdout) {
    const lines = createInterface({ input: child.stdout });
    process.stdout.on('drain', () => lines.resume());
    lines.on('line', (line) => {
      const isSlow = !process.stdout.write(format(line));
      // If the reader has exited, no `drain` event ends the pause. The server would then block on its full pipe.
      if (isSlow && process.stdout.writable) lines.pause();
    });
  }
  child.stderr?.on('data', (chunk: Buffer) => process.stderr.write(chunk));
}

/** Creates the function that formats log lines, with pino-pretty if this optional peer dependency is installed. */
async function createFormat(): Promise<(line: string) => string> {
  try {
    const { default: pretty } = await import('pino-pretty');
    return pretty.prettyFactory({
      colorize: process.stdout.isTTY && process.stdout.hasColors(),
      ignore: 'pid,hostname',
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss',
    });
  } catch {
    return (line) => `${line}\n`;
  }
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  const options = { timeout: READY_LIMIT, interval: 100, signal: gone.signal };
  await waitFor('A ready server', () => assertReady(url), options).catch(({ cause }: Error) => {
    const fault = hasEnded(child)
      ? `The server has ended (${howEnded(child)}).`
      : `The server is not ready after ${READY_LIMIT / 1000} s. ${url}: ${(cause as Error).message}`;
    throw new CliError(hasEnded(child) ? toExitCode(child) : EXIT.failed, fault, { cause });
  });
}

async function assertReady(url: string): Promise<true> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  if (response.status === 200) return true;
  throw new Error(`${response.status} ${await response.text()}`);
}

function toExitCode(child: ChildProcess): number {
  return child.exitCode ?? 1; // a child that a signal ended has no exit code
}
