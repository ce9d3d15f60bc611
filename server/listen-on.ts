import type { Server } from 'node:http';
import { isIPv6 } from 'node:net';

/** Thrown when the server cannot listen on its address. The message contains the cause and a remedy. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Listens on an address. Rejects with CannotListen. */
export function listenOn(server: Server, { host, port }: Address): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    throw new CannotListen(listenFault(host, port, error), { cause: error });
  });
}

/** Returns a message with the reason why the server cannot listen, and a remedy. */
export function listenFault(host: string, port: number, error: NodeJS.ErrnoException): string {
  const { code = 'an unknown error' } = error;
  const { cause, remedy } = FAULTS[code] ?? UNKNOWN;
  const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return `Cannot listen on ${address} (HOST and PORT): ${cause} (${code}). ${remedy}`;
}

interface Fault {
  readonly cause: string;
  readonly remedy: string;
}

const OTHER_HOST =
  'Set HOST to an address of this machine, such as 127.0.0.1, or to 0.0.0.0 for all its addresses';
const UNRESOLVED: Fault = { cause: 'the name does not resolve', remedy: OTHER_HOST };
const UNKNOWN: Fault = { cause: 'the system refused it', remedy: 'Choose another HOST or PORT' };

const FAULTS: Readonly<Record<string, Fault>> = {
  EADDRINUSE: {
    cause: 'another program is listening there',
    remedy: 'Stop that program, or choose another PORT',
  },
  EACCES: { cause: 'the port is reserved for root', remedy: 'Choose a PORT of 1024 or above' },
  EADDRNOTAVAIL: { cause: 'the address does not belong to this machine', remedy: OTHER_HOST },
  EAFNOSUPPORT: { cause: 'this machine does not support this kind of address', remedy: OTHER_HOST },
  EINVAL: { cause: 'the address is incomplete, or no server can listen on it', remedy: OTHER_HOST },
  ENOTFOUND: UNRESOLVED,
  EAI_AGAIN: UNRESOLVED,
  EAI_FAIL: UNRESOLVED,
  EAI_NODATA: UNRESOLVED,
  EAI_NONAME: UNRESOLVED,
};
