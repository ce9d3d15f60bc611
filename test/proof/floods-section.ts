import { setTimeout as delay } from 'node:timers/promises';
import { MINUTE, SECOND } from '../../lib/time.ts';
import { post } from '../helpers/server.ts';
import { PASSWORD } from '../helpers/users.ts';
import { createFloods, type Flood, type FloodResult, type FloodSizes } from './floods/floods.ts';
import { runGoodClient, type Service } from './floods/good-client.ts';
import type { LoadResult } from './floods/load.ts';
import { type FloodedServer, startFloodedServer, type Watched } from './floods/server.ts';
import { type Column, formatTable } from './format-table.ts';
import type { Section, Size } from './section.ts';

interface Plan extends FloodSizes {
  /** The longest that a request may wait for the event loop, in milliseconds. */
  readonly loopDelay: number;
}

const PLANS: Readonly<Record<Size, Plan>> = {
  full: {
    junk: 100_000,
    slow: 400,
    idle: 2_000,
    duration: 18 * SECOND,
    awaitsEnd: true,
    deadline: 5 * SECOND,
    loopDelay: SECOND,
  },
  share: {
    junk: 3_000,
    slow: 80,
    idle: 200,
    duration: SECOND,
    awaitsEnd: false,
    deadline: MINUTE,
    loopDelay: 5 * SECOND,
  },
};

const MOST_MEMORY_MORE = 256;
const LEAST_SHARE = 0.999;
const MOST_LOGINS = 200;

/** Good clients at a steady rate, while others do what they can to be in their way. */
export const floodsSection: Section = {
  name: 'floods',
  title: 'Good clients beside floods, storms and slow clients',

  async run({ scope, size, detail }) {
    const plan = PLANS[size];
    const server = await startFloodedServer(scope, plan.deadline);
    const floods = createFloods(scope, server, plan);
    const alone: AloneRow[] = [];
    for (const flood of floods.filter(({ isJunk }) => isJunk)) {
      detail(`${flood.name}, with nobody else`);
      alone.push(await runAlone(server, flood));
    }
    const nothing: Flood = { name: 'nothing', run: async () => ({ answers: '', faults: [] }) };
    const beside: BesideRow[] = [];
    for (const flood of [nothing, ...floods]) {
      detail(`good clients beside ${flood.name}`);
      beside.push(await runBeside(server, flood, plan));
    }
    const recovery = await logInAgain(server);
    return {
      report: [formatTable(alone, ALONE), '', formatTable(beside, BESIDE), '', recovery.report],
      faults: [
        ...alone.flatMap(findFaultsAlone),
        ...beside.flatMap((row) => findFaultsBeside(row, beside[0]?.memory ?? 0, plan)),
        ...recovery.faults,
      ],
    };
  },
};

interface AloneRow extends FloodResult {
  readonly name: string;
  /** Commands at the database meanwhile. */
  readonly commands: number;
}

const ALONE: readonly Column<AloneRow>[] = [
  ['flood', ({ name }) => name],
  ['answers', ({ answers }) => answers],
  ['commands at the database', ({ commands }) => commands],
];

/** Runs a flood that the database must not be asked about. */
async function runAlone(server: FloodedServer, { name, run }: Flood): Promise<AloneRow> {
  const before = await server.countCommands();
  const result = await run(() => true);
  return { name, ...result, commands: (await server.countCommands()) - before };
}

function findFaultsAlone({ name, faults, commands }: AloneRow): readonly string[] {
  const seen = commands === 0 ? [] : [`${name} reached the database ${commands} times`];
  return [...faults.map((text) => `${name}: ${text}`), ...seen];
}

interface BesideRow extends FloodResult, Service, Watched {
  readonly name: string;
}

const round = (value: number) => Math.round(value);
const toPercent = (share: number) => `${(share * 100).toFixed(2)} %`;

const BESIDE: readonly Column<BesideRow>[] = [
  ['beside', ({ name }) => name],
  ['/me p50, ms', ({ me }) => me.p50.toFixed(1)],
  ['p99', ({ me }) => round(me.p99)],
  ['worst', ({ me }) => round(me.max)],
  ['200s', ({ me }) => toPercent(toGoodShare(me))],
  ['/livez p99, ms', ({ livez }) => round(livez.p99)],
  ['worst', ({ livez }) => round(livez.max)],
  ['memory, MiB', ({ memory }) => round(memory)],
  ['what the flood was answered', ({ answers }) => answers],
];

/** Runs a flood and good clients at the same time. */
async function runBeside(
  { url, sessions, watch }: FloodedServer,
  { name, run }: Flood,
  { duration }: Plan,
): Promise<BesideRow> {
  const tokens = sessions.map(({ access }) => access);
  let isOver = false;
  const asking = runGoodClient({ url, tokens, duration }).finally(() => {
    isOver = true;
  });
  // A flood breaks off where the system refuses connections, for example.
  const breakOff = ({ message }: Error): FloodResult => {
    return { answers: 'broken off', faults: [`the flood broke off: ${message}`] };
  };
  const flooding = run(() => isOver).catch(breakOff);
  const { result, ...watched } = await watch(Promise.all([asking, flooding]));
  const [service, flooded] = result;
  return { name, ...watched, ...service, ...flooded };
}

/** A request waits for the processor at up to this many places: client, server, MongoDB, and back. */
const HOPS = 5;

/** Finds broken rules. Every bound of time leaves room for the stalls of the machine itself. */
function findFaultsBeside(
  { name, me, livez, stall, memory, faults, timed }: BesideRow,
  memoryAlone: number,
  { deadline, loopDelay }: Plan,
): readonly string[] {
  const isInTime = (time: number, limit: number) => time <= limit + HOPS * stall;
  const { name: timedName, time, limit } = timed ?? { name: '', time: 0, limit: 0 };
  const good = toGoodShare(me);
  const rules: readonly (readonly [isKept: boolean, otherwise: string])[] = [
    [good >= LEAST_SHARE, `of /me ${toPercent(good)} were answered 200`],
    [isInTime(me.max, deadline), `/me took up to ${round(me.max)} ms`],
    [isInTime(livez.max, loopDelay), `/livez took up to ${round(livez.max)} ms`],
    [memory <= memoryAlone + MOST_MEMORY_MORE, `the server came to ${round(memory)} MiB`],
    [isInTime(time, limit), `${timedName} took ${round(time)} ms`],
  ];
  const broken = rules.flatMap(([isKept, otherwise]) => (isKept ? [] : [otherwise]));
  return [...faults, ...broken].map((text) => `beside ${name}: ${text}`);
}

function toGoodShare({ statuses }: LoadResult): number {
  const all = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return (statuses['200'] ?? 0) / all;
}

/** Logs in after the storm of logins, again and again until that succeeds. */
async function logInAgain({ url, emails }: FloodedServer) {
  const started = performance.now();
  for (let tries = 1; tries <= MOST_LOGINS; tries++) {
    const { status } = await post(`${url}/api/auth/login`, {
      email: emails[0],
      password: PASSWORD,
    });
    const time = round(performance.now() - started);
    const report = `After the storm of logins somebody could log in within ${time} ms.`;
    if (status === 200) return { report, faults: [] };
    await delay(50);
  }
  return { report: '', faults: ['nobody could log in after the storm of logins'] };
}
