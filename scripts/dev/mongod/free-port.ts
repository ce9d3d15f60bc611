import getPort from 'get-port';

/**
 * Ports below those of outgoing connections (on Linux 32768 and above). While a mongod is down, an outgoing
 * connection could take its port. A client of the mongod could even be connected to itself.
 */
const FIRST = 10_000;
const LAST = 32_767;

/** Finds a TCP port of 127.0.0.1 that is free now, and is not returned again within 15 seconds. */
export function freePort(): Promise<number> {
  return getPort({ host: '127.0.0.1', port: randomPorts() });
}

/** Yields random ports: with the ascending `portNumbers` of get-port, concurrent processes would pick the same. */
function* randomPorts(): Generator<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    yield FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
  }
}
