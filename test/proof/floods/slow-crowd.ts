import { connect, type Socket } from 'node:net';

/** Connections that were opened to be kept open. */
export interface Crowd {
  /** How many of them the server has ended. */
  countEnded(): number;
  /** The longest that one of those which it ended was open, in milliseconds. */
  readonly longest: number;
  leave(): void;
}

/** What one of the crowd sends at once, and then byte by byte, one every `PACE` milliseconds. */
export interface SlowClient {
  readonly now: string;
  readonly slowly: string;
}

const LOGIN = 'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const MORE = 'a'.repeat(10_000);

/** A slow loris of every kind. */
export const LORIS: readonly SlowClient[] = [
  { now: '', slowly: '' },
  { now: '', slowly: `GET /api/auth/me HTTP/1.1\r\nHost: x\r\nX: ${MORE}` },
  { now: `${LOGIN}Content-Length: 9999\r\n\r\n`, slowly: MORE },
  { now: `${LOGIN}Transfer-Encoding: chunked\r\n\r\n`, slowly: '1\r\na\r\n'.repeat(2_000) },
];

/** Who asks once, and stays connected. */
export const IDLE: readonly SlowClient[] = [
  { now: 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n', slowly: '' },
];

const PACE = 200;

/** Opens so many connections to the server, of each of these kinds in turn. */
export function openCrowd(url: string, kinds: readonly SlowClient[], size: number): Crowd {
  const sockets = new Map<Socket, SlowClient>();
  let ended = 0;
  let longest = 0;

  function open(kind: SlowClient): void {
    const started = performance.now();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    sockets.set(socket, kind);
    socket.on('error', () => undefined); // cut off while it writes
    socket.on('close', () => {
      if (!sockets.delete(socket)) return; // it left by itself
      ended++;
      longest = Math.max(longest, performance.now() - started);
    });
    socket.resume().write(kind.now);
  }

  for (let index = 0; index < size; index++) open(kinds[index % kinds.length] as SlowClient);
  let next = 0;
  const timer = setInterval(() => {
    for (const [socket, { slowly }] of sockets) {
      if (next < slowly.length && socket.writable) socket.write(slowly.charAt(next));
    }
    next++;
  }, PACE);

  return {
    countEnded: () => ended,
    get longest() {
      return longest;
    },
    leave() {
      clearInterval(timer);
      const left = [...sockets.keys()];
      sockets.clear();
      for (const socket of left) socket.destroy();
    },
  };
}
