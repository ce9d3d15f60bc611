import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const TABLE = '/proc/net/tcp';

/** True on Linux, where a process can read which processes of the same user own a socket. */
export const tellsOwners = existsSync(TABLE);

/**
 * Finds the processes that opened the connections to a port of 127.0.0.1, by the ports they come from. One call serves
 * all connections: reading the table for each of hundreds would block the caller.
 */
export function findOpeners(port: number, pids: Iterable<number>): ReadonlyMap<number, number> {
  const openers = new Map<number, number>();
  if (!tellsOwners) return openers;
  const ports = readPorts(port);
  for (const pid of pids) {
    for (const inode of listSockets(pid)) {
      const from = ports.get(inode);
      if (from !== undefined) openers.set(from, pid);
    }
  }
  return openers;
}

/** Reads the port that each connection to this port comes from, by the inode of its socket. */
function readPorts(port: number): Map<string, number> {
  // The four bytes of 127.0.0.1 in the machine's order, in hexadecimal.
  const to = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const ports = new Map<string, number>();
  for (const row of readFileSync(TABLE, 'utf8').split('\n')) {
    if (!row.includes(` ${to} `)) continue;
    const [, local = '', remote, , , , , , , inode = ''] = row.trim().split(/\s+/);
    if (remote === to) ports.set(inode, Number.parseInt(local.split(':')[1] ?? '', 16));
  }
  return ports;
}

function listSockets(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return unlessGone(() => readdirSync(folder), []).flatMap((fd) => {
    const link = unlessGone(() => readlinkSync(`${folder}/${fd}`), '');
    return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [];
  });
}

/** A process may end, and a file may be closed, while it is read. */
function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
