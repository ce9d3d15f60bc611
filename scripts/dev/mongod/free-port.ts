import getPort from 'get-port';

/**
 * First port of a range below the ephemeral ports (on Linux 32768 and above). In the ephemeral range, an outgoing
 * connection could take the port of a stopped mongod.
 */
const FIRST = 10_000;
const LAST = 32_767;

/** Finds a TCP port of 127.0.0.1 that is free now. Does not return the same port again within 15 seconds. */
export function freePort(): Promise<number> {
  return getPort({ host: '127.0.0.1', port: randomPorts() });
}

/** Yields random ports. With the ascending `portNumbers` of get-port, concurrent processes would pick the same port. */
function* randomPorts(): Generator<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    yield FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
  }
}
