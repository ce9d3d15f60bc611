/** A server whose clock is wrong. The clock of a server is injected, so the machine's stays as it is. */
import { setTimeout as pause } from 'node:timers/promises';
import { createAuth } from '../../lib/auth.ts';
import { connect } from '../../lib/store/database.ts';
import { MINUTE, SECOND } from '../../lib/time.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { emptyDatabase } from '../helpers/database.ts';
import type { Scope } from '../helpers/scope.ts';
import { serveAuth } from '../helpers/serve-auth.ts';
import { send } from '../helpers/server.ts';
import { prepare } from './deployment.ts';
import type { Fault } from './fault.ts';
import type { Operation } from './history.ts';
import type { Server } from './requests.ts';
import { OPTIONS, ready, startServer } from './server-pair.ts';
import type { Interval } from './tally.ts';

/** How far it is off, round after round: under and over the 5 minutes that are borne. */
const OFFSETS = [4, 7, -4, -7].map((minutes) => minutes * MINUTE);
const BEARABLE = 5 * MINUTE;
/** How long it stays off. */
const LASTING = 2 * SECOND;

export const clockSkew: Fault = {
  name: 'clock-skew',
  title: "a server's clock jumps 4 or 7 minutes ahead or back",
  rounds: 30,
  allowance: 0,
  async open(owner) {
    const { uri } = emptyDatabase(owner);
    const secret = generateSecret();
    const library = await prepare(owner, uri, secret);
    const right = await startServer(owner, 'A', { MONGODB_URI: uri, JWT_SECRET_KEY: secret });
    const wrong = await startSkewable(owner, uri, secret);
    const servers = [right, wrong];
    await ready(servers);
    let round = 0;
    let jump = { offset: 0, known: { start: 0, end: 0 } };
    return {
      library,
      servers,
      async strike() {
        const offset = OFFSETS[round++ % OFFSETS.length] ?? 0;
        wrong.setOffset(offset);
        await send(`${wrong.url}/readyz`); // as a load balancer asks; it measures the clock
        const start = performance.now();
        await pause(LASTING);
        jump = { offset, known: { start, end: performance.now() } };
        wrong.setOffset(0);
        await send(`${wrong.url}/readyz`);
      },
      findings: (history) => findingsOf(jump, history, wrong),
    };
  },
};

interface SkewableServer extends Server {
  setOffset(milliseconds: number): void;
}

async function startSkewable(owner: Scope, uri: string, secret: string): Promise<SkewableServer> {
  let offset = 0;
  const { db, close } = connect(uri);
  const auth = await createAuth({
    db,
    secrets: [secret],
    ...OPTIONS,
    clock: () => Date.now() + offset,
  });
  owner.teardown(async () => {
    await auth.close();
    await close();
  });
  const url = await serveAuth(owner, auth);
  return {
    name: 'B',
    url,
    setOffset(milliseconds) {
      offset = milliseconds;
    },
  };
}

/** Once the server knows that its clock is unbearable, it answers 503 to all but logouts; a bearable one harms nobody. */
function findingsOf(
  { offset, known }: { offset: number; known: Interval },
  history: readonly Operation[],
  { name }: Server,
): string[] {
  const meanwhile = history
    .filter(({ server, kind }) => server === name && kind !== 'logout')
    .filter(({ start, end }) => start > known.start && end < known.end);
  const isBearable = Math.abs(offset) <= BEARABLE;
  const wrong = meanwhile.filter(({ answer }) => (answer?.status === 503) === isBearable);
  const told = `with a clock ${offset / MINUTE} minutes off`;
  if (meanwhile.length === 0) return [`Nobody asked the server ${told}`];
  return wrong.map(({ kind, answer }) => `The server answered ${kind} ${told}: ${answer?.status}`);
}
