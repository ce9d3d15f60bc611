import { sum } from 'simple-statistics';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { post } from '../helpers/server.ts';
import { PASSWORD } from '../helpers/users.ts';
import { createFloods, type Flood, type FloodResult, PLANS, type Plan } from './floods/floods.ts';
import { type LoadResult, runGoodClient } from './floods/load.ts';
import { type FloodedServer, startFloodedServer } from './floods/server.ts';
import { formatTable, type Section } from './section.ts';

const MOST_MEMORY_MORE = 256;
const LEAST_SHARE = 0.999;

/** Good clients at a steady rate, while others do what they can to be in their way. */
export const floodsSection: Section = {
  name: 'floods',
  title: 'Good clients beside floods, storms and slow clients',

  async run({ scope, size, detail }) {
    const plan = PLANS[size];
    const server = await startFloodedServer(scope, plan.deadline);
    const floods = createFloods(scope, server, plan);
    const alone: AloneRow[] = [];
    await server.makeKnown();
    for (const flood of floods.filter(({ isJunk }) => isJunk)) {
      detail(`${flood.name}, with nobody else`);
      alone.push(await runAlone(server, flood));
    }
    const known = await server.checkKnown();
    const nothing: Flood = { name: 'nothing', run: async () => ({ answers: '', faults: [] }) };
    const beside: BesideRow[] = [];
    for (const flood of [nothing, ...floods]) {
      detail(`good clients beside ${flood.name}`);
      beside.push(await runBeside(server, flood, plan.duration));
    }
    const recovery = await logInAgain(server);
    return {
      report: [
        formatAlone(alone),
        '',
        formatKnown(known),
        '',
        formatBeside(beside),
        '',
        recovery.report,
      ],
      faults: [
        ...alone.flatMap(findFaultsAlone),
        ...findFaultsOfKnown(known),
        ...beside.flatMap((row) => findFaultsBeside(row, beside[0]?.memory ?? 0, plan)),
        ...recovery.faults,
      ],
    };
  },
};

type AloneRow = Awaited<ReturnType<typeof runAlone>>;

/** Runs a flood that must cause no command to the database. */
async function runAlone(server: FloodedServer, { name, run }: Flood) {
  const before = await server.countCommands();
  const result = await run(() => true);
  return { name, ...result, commands: (await server.countCommands()) - before };
}

function formatAlone(rows: readonly AloneRow[]): string {
  return formatTable(rows, [
    ['flood', ({ name }) => name],
    ['answers', ({ answers }) => answers],
    ['commands at the database', ({ commands }) => commands],
  ]);
}

function findFaultsAlone({ name, faults, commands }: AloneRow): readonly string[] {
  const seen = commands === 0 ? [] : [`${name} reached the database ${commands} times`];
  return [...faults.map((text) => `${name}: ${text}`), ...seen];
}

type Known = Awaited<ReturnType<FloodedServer['checkKnown']>>;

function formatKnown({ refused, reads }: Known): string {
  return `After that ${refused} tokens that the server had known before were refused, and their checks caused ${reads} reads.`;
}

function findFaultsOfKnown({ refused, reads }: Known): readonly string[] {
  return [
    ...(refused === 0 ? [] : [`${refused} good tokens were refused after the junk`]),
    ...(reads === 0
      ? []
      : [`known tokens were forgotten for junk: their checks made ${reads} reads`]),
  ];
}

type BesideRow = Awaited<ReturnType<typeof runBeside>>;

/** Runs a flood and good clients at the same time. */
async function runBeside(
  { url, sessions, watch }: FloodedServer,
  { name, run }: Flood,
  duration: number,
) {
  const tokens = sessions.map(({ access }) => access);
  let isOver = false;
  const asking = runGoodClient({ url, tokens, duration }).finally(() => {
    isOver = true;
  });
  // A flood breaks off where the system refuses connections, for example.
  const flooding = run(() => isOver).catch(({ message }: Error): FloodResult => {
    return { answers: 'broken off', faults: [`the flood broke off: ${message}`] };
  });
  const { result, ...watched } = await watch(Promise.all([asking, flooding]));
  const [service, flooded] = result;
  return { name, ...watched, ...service, ...flooded };
}

const toPercent = (share: number) => `${(share * 100).toFixed(2)} %`;

function formatBeside(rows: readonly BesideRow[]): string {
  return formatTable(rows, [
    ['beside', ({ name }) => name],
    ['/me p50, ms', ({ me }) => me.p50.toFixed(1)],
    ['p99', ({ me }) => Math.round(me.p99)],
    ['worst', ({ me }) => Math.round(me.max)],
    ['200s', ({ me }) => toPercent(toGoodShare(me))],
    ['/livez p99, ms', ({ livez }) => Math.round(livez.p99)],
    ['worst', ({ livez }) => Math.round(livez.max)],
    ['memory, MiB', ({ memory }) => Math.round(memory)],
    ['what the flood was answered', ({ answers }) => answers],
  ]);
}

/** A request waits for the processor at up to this many places: client, server, MongoDB, and back. */
const HOPS = 5;

/** Finds broken rules. Every bound of time leaves room for the stalls of the machine itself. */
function findFaultsBeside(
  { name, me, livez, stall, memory, faults, timed }: BesideRow,
  memoryAlone: number,
  { deadline, loopDelay }: Plan,
): readonly string[] {
  const good = toGoodShare(me);
  const times = [
    { name: '/me', time: me.max, limit: deadline },
    { name: '/livez', time: livez.max, limit: loopDelay },
    ...(timed ? [timed] : []),
  ];
  const late = times.filter(({ time, limit }) => time > limit + HOPS * stall);
  return [
    ...faults,
    ...(good >= LEAST_SHARE ? [] : [`of /me ${toPercent(good)} were answered 200`]),
    ...late.map((each) => `${each.name} took up to ${Math.round(each.time)} ms`),
    ...(memory <= memoryAlone + MOST_MEMORY_MORE
      ? []
      : [`the server came to ${Math.round(memory)} MiB`]),
  ].map((text) => `beside ${name}: ${text}`);
}

function toGoodShare({ statuses }: LoadResult): number {
  return (statuses['200'] ?? 0) / sum(Object.values(statuses));
}

/** Logs in after the storm of logins, again and again until that succeeds. */
async function logInAgain({ url, emails }: FloodedServer) {
  const started = performance.now();
  const logIn = () => post(`${url}/api/auth/login`, { email: emails[0], password: PASSWORD });
  const isServed = async () => (await logIn()).status === 200;
  return waitFor('A login', isServed, { interval: 50 }).then(
    () => {
      const time = Math.round(performance.now() - started);
      const report = `After the storm of logins somebody could log in within ${time} ms.`;
      return { report, faults: [] };
    },
    () => ({ report: '', faults: ['nobody could log in after the storm of logins'] }),
  );
}
