import getPort from 'get-port';

/**
 * Below the ports that systems give to outgoing connections (Linux from 32768): one of those may take the
 * port of a mongod while it is down, even its own client's, which then talks to itself.
 */
const FIRST = 10_000;
const LAST = 32_767;

/** Finds a TCP port of 127.0.0.1 that is free now, and is not found again by this process for 15 seconds. */
export function freePort(): Promise<number> {
  return getPort({ host: '127.0.0.1', port: randomPorts() });
}

/** Yields ports at random. In the ascending order of get-port's `portNumbers`, concurrent processes would pick the same. */
function* randomPorts(): Generator<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    yield FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
  }
}
