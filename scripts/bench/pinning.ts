import { run } from '../dev/processes.ts';

/** Who may use which processors. */
export interface Pinning {
  /** Lists as `taskset -c` takes them; undefined where nothing can be pinned. */
  readonly lists: Readonly<Record<Processors, string>> | undefined;
  /** For the reader of the results. */
  readonly description: string;
}

/** `server`: one for the server under test; `others`: what is left; `all`: both. */
export type Processors = 'server' | 'others' | 'all';

/**
 * Finds out how to give one processor to the server and the rest to everything else. A server that shared
 * its processor with the generator would be measured by how the system happens to divide it.
 */
export async function findPinning(): Promise<Pinning> {
  const lists = divide(await allowedProcessors());
  const description =
    lists === undefined
      ? 'nothing was pinned (needs taskset, and two processors)'
      : `server on processor ${lists.server}; load generator, mongod and Redis on ${lists.others}; all on ${lists.all} where logins are measured`;
  return { lists, description };
}

/** Moves a process to these processors, and with it what it starts from now on. */
export async function pin({ lists }: Pinning, pid: number, processors: Processors): Promise<void> {
  if (lists === undefined) return;
  const args = ['-a', '-p', '-c', lists[processors], String(pid)];
  await run('taskset', args);
}

/** The command that runs `command` on these processors. */
export function pinned(
  { lists }: Pinning,
  processors: Processors,
  command: readonly string[],
): readonly string[] {
  return lists === undefined ? command : ['taskset', '-c', lists[processors], ...command];
}

/** The processors this process may use, which in a container are not always those from 0 on. */
async function allowedProcessors(): Promise<readonly number[]> {
  const args = ['-p', '-c', String(process.pid)];
  const { stdout } = await run('taskset', args).catch(() => ({ stdout: '' }));
  const [, list] = /: ([\d,-]+)\s*$/.exec(stdout) ?? [];
  return list !== undefined ? parseProcessors(list) : [];
}

/** Reads a list such as `0-2,5`. */
export function parseProcessors(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function divide(processors: readonly number[]): Pinning['lists'] {
  const [server, ...others] = processors;
  if (server === undefined || others.length === 0) return undefined;
  return { server: String(server), others: others.join(','), all: processors.join(',') };
}
