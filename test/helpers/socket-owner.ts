import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const TABLE = '/proc/net/tcp';

/** Whether this system tells whose a socket is (Linux does, of processes of the same user). */
export const tellsOwners = existsSync(TABLE);

/** The two ends of a connection over 127.0.0.1, as the one who opened it sees them. */
export interface Ends {
  readonly localPort: number;
  readonly remotePort: number;
}

/** The number the system gave to the socket of this end, while it is there. */
export function socketInode({ localPort, remotePort }: Ends): string | undefined {
  if (!tellsOwners) return undefined;
  const ends = ` ${loopback(localPort)} ${loopback(remotePort)} `;
  const line = readFileSync(TABLE, 'utf8')
    .split('\n')
    .find((row) => row.includes(ends));
  const inode = line?.trim().split(/\s+/)[9];
  return inode === '0' ? undefined : inode; // 0: closed by its process already
}

/** Which of these processes has the socket with this number open. */
export function ownerOf(inode: string, pids: Iterable<number>): number | undefined {
  for (const pid of pids) if (hasOpen(pid, `socket:[${inode}]`)) return pid;
  return undefined;
}

/** As the table writes an address: the four bytes in the machine's order, in hexadecimal. */
function loopback(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

function hasOpen(pid: number, what: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return unlessGone(() => readdirSync(folder), []).some(
    (fd) => unlessGone(() => readlinkSync(`${folder}/${fd}`), '') === what,
  );
}

/** A process may end, and a file be closed, while we look. */
function unlessGone<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
