import getPort from 'get-port';

/**
 * First port of a range below the ports of outgoing connections (on Linux 32768 and above). An outgoing
 * connection could otherwise take the port of a stopped mongod. Its client could even connect to itself.
 */
const FIRST = 10_000;
const LAST = 32_767;

/** Finds a TCP port of 127.0.0.1 that is free now, and is not returned again within 15 seconds. */
export function freePort(): Promise<number> {
  return getPort({ host: '127.0.0.1', port: randomPorts() });
}

/** Yields random ports. With the ascending `portNumbers` of get-port, concurrent processes would pick the same port. */
function* randomPorts(): Generator<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    yield FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
  }
}
