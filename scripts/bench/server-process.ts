import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAsked } from './asked-child.ts';
import type { Pinning } from './pinning.ts';
import type { Row } from './rows.ts';

/** The environment variable BENCH_ROW of a server under test, as JSON. */
export interface RowOptions extends Pick<Row, 'userLoad' | 'form' | 'checks'> {
  readonly mongodbUri: string;
  readonly redisUrl: string | null;
  /** Its UTF-8 bytes are the HS256 key. */
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
}

/** What the server process has used so far. */
export interface Usage {
  /** In microseconds. */
  readonly cpu: NodeJS.CpuUsage;
  /** In bytes. */
  readonly memory: NodeJS.MemoryUsage;
}

/** A server under test, in its own process. */
export interface ServerProcess {
  readonly port: number;
  usage(): Promise<Usage>;
  /** better-auth: so many new sessions, as header values. */
  seed(count: number): Promise<{ headers: readonly string[]; headerName: string }>;
  stop(): Promise<void>;
}

/** Starts the server of a row on its own processor, and waits until it listens. */
export async function startServerProcess(
  row: Row,
  options: RowOptions,
  pinning: Pinning,
  execArgv: readonly string[] = [],
): Promise<ServerProcess> {
  const child = await startAsked(pinning, {
    file: fileOf(row),
    env: { NODE_ENV: 'production', BENCH_ROW: JSON.stringify(options) },
    processors: 'server',
    execArgv,
    saysHello: true,
  });
  return {
    port: (child.hello as { port: number }).port,
    usage: () => child.ask<Usage>({ cpu: true }),
    seed: (count) => child.ask({ seed: count }),
    stop: child.stop,
  };
}

/** The folder of the peers, which are plain JavaScript and have packages of their own. */
export function peersFolder(): string {
  return join(process.cwd(), 'scripts', 'bench', 'peers');
}

function fileOf({ peer }: Row): string {
  if (peer !== undefined) return join(peersFolder(), peer);
  return fileURLToPath(new URL('./rescind-server.js', import.meta.url));
}
