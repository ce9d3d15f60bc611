import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const TABLE = '/proc/net/tcp';

/** Whether this system tells whose a socket is (Linux does, of processes of the same user). */
export const tellsOwners = existsSync(TABLE);

/**
 * Which of these processes opened the connections to a port of 127.0.0.1, by the ports they come from. All
 * in one look: to look for each of hundreds of connections would hold up whoever asks.
 */
export function openersOf(port: number, pids: Iterable<number>): ReadonlyMap<number, number> {
  const openers = new Map<number, number>();
  if (!tellsOwners) return openers;
  const ports = portsByInode(port);
  for (const pid of pids) {
    for (const inode of socketsOf(pid)) {
      const from = ports.get(inode);
      if (from !== undefined) openers.set(from, pid);
    }
  }
  return openers;
}

/** The number that the system gave to the far end of each connection to the port, and the port that it is on. */
function portsByInode(port: number): Map<string, number> {
  const to = ` ${loopback(port)} `;
  const rows = readFileSync(TABLE, 'utf8').split('\n');
  const ports = new Map<string, number>();
  for (const row of rows) {
    const columns = row.includes(to) ? row.trim().split(/\s+/) : [];
    const [local = '', remote, inode = ''] = [columns[1], columns[2], columns[9]];
    if (remote === to.trim()) ports.set(inode, Number.parseInt(local.split(':')[1] ?? '', 16));
  }
  return ports;
}

/** As the table writes an address: the four bytes in the machine's order, in hexadecimal. */
function loopback(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return unlessGone(() => readdirSync(folder), []).flatMap((fd) => {
    const link = unlessGone(() => readlinkSync(`${folder}/${fd}`), '');
    return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [];
  });
}

/** A process may end, and a file be closed, while we look. */
function unlessGone<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
