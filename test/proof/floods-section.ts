import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from '../../lib/time.ts';
import { markdownTable } from '../../scripts/bench/report/markdown-table.ts';
import { post } from '../helpers/server.ts';
import { PASSWORD } from '../helpers/users.ts';
import { type Flood, type Flooded, type FloodSizes, floodsOn } from './floods/floods.ts';
import { type GoodClient, type Service, startGoodClient } from './floods/good-client.ts';
import { type WatchedServer, watchedServer } from './floods/watched-server.ts';
import type { Finding, Section, Size } from './section.ts';

interface Plan extends FloodSizes {
  /** How long good clients ask, in milliseconds. */
  readonly goodFor: number;
  /** The most that a request may wait for the event loop. Beside `npm test` other tests have it too. */
  readonly loopDelay: number;
}

const PLANS: Readonly<Record<Size, Plan>> = {
  full: {
    junk: 100_000,
    slow: 400,
    idle: 2_000,
    lastsFor: 18 * SECOND,
    isTimed: true,
    goodFor: 18 * SECOND,
    loopDelay: SECOND,
  },
  share: {
    junk: 3_000,
    slow: 80,
    idle: 200,
    lastsFor: SECOND,
    isTimed: false,
    goodFor: SECOND,
    loopDelay: 5 * SECOND,
  },
};

/** Good clients at a steady rate, while others do what they can to be in their way. */
export const floodsSection: Section = {
  name: 'floods',
  title: 'Good clients beside floods, storms and slow clients',
  async run({ owner, size, detail }) {
    const plan = PLANS[size];
    const server = await watchedServer(owner);
    const floods = floodsOn(server, plan);
    const unseen: Unseen[] = [];
    for (const flood of floods.filter(({ isJunk }) => isJunk)) {
      detail(`${flood.name}, with nobody else`);
      unseen.push(await floodAlone(server, flood));
    }
    const ask = await startGoodClient(
      owner,
      server.url,
      server.sessions.map(({ access }) => access),
    );
    const rounds: Round[] = [];
    for (const flood of [NOTHING, ...floods]) {
      detail(`good clients beside ${flood.name}`);
      rounds.push(await floodBeside(server, ask, flood, plan));
    }
    const recovery = await timeToLogIn(server);
    return findingOf(unseen, rounds, recovery, plan);
  },
};

const NOTHING: Flood = { name: 'nothing', run: async () => ({ answers: '', faults: [] }) };

/** A flood that the database is to hear nothing of. */
interface Unseen {
  readonly name: string;
  readonly answers: string;
  readonly faults: readonly string[];
  /** How often the database was asked meanwhile. */
  readonly commands: number;
}

async function floodAlone(server: WatchedServer, flood: Flood): Promise<Unseen> {
  const before = await server.countCommands();
  const flooded = await flood.run(() => true);
  return { name: flood.name, ...flooded, commands: (await server.countCommands()) - before };
}

interface Round {
  readonly name: string;
  readonly service: Service;
  readonly answers: string;
  readonly faults: readonly string[];
  /** The most memory of the server, in MiB. */
  readonly memory: number;
}

async function floodBeside(
  server: WatchedServer,
  ask: GoodClient,
  flood: Flood,
  { goodFor }: Plan,
): Promise<Round> {
  let isOver = false;
  const asked = ask(goodFor).finally(() => {
    isOver = true;
  });
  const both = Promise.all([asked, flood.run(() => isOver).catch(brokenOff)]);
  const { result, memory } = await server.watchMemory(both);
  const [service, flooded] = result;
  return { name: flood.name, service, memory, ...flooded };
}

/** Such as where the system refuses connections that nobody has come to accept. */
function brokenOff(error: Error): Flooded {
  return { answers: 'broken off', faults: [`the flood broke off: ${error.message}`] };
}

/** How long it takes after the storm of logins until somebody can log in again. */
async function timeToLogIn({ url, emails }: WatchedServer): Promise<number> {
  const started = performance.now();
  for (;;) {
    const body = { email: emails[0], password: PASSWORD };
    const { status } = await post(`${url}/api/auth/login`, body);
    const took = performance.now() - started;
    if (status === 200 || took > RECOVERY) return took;
    await delay(50);
  }
}

const RECOVERY = 10 * SECOND;
const DEADLINE = 5 * SECOND;
const MOST_MEMORY_MORE = 256;
const LEAST_SHARE = 0.999;

function findingOf(
  unseen: readonly Unseen[],
  rounds: readonly Round[],
  recovery: number,
  plan: Plan,
): Finding {
  const memoryAlone = rounds[0]?.memory ?? 0;
  return {
    report: [
      unseenTable(unseen),
      '',
      roundTable(rounds),
      '',
      `After the storm of logins somebody could log in within ${Math.round(recovery)} ms.`,
    ],
    faults: [
      ...unseen.flatMap(faultsOfUnseen),
      ...rounds.flatMap((round) => faultsOfRound(round, memoryAlone, plan)),
      ...(recovery > RECOVERY ? ['nobody could log in after the storm of logins'] : []),
    ],
  };
}

function faultsOfUnseen({ name, faults, commands }: Unseen): readonly string[] {
  const seen = commands === 0 ? [] : [`${name} reached the database ${commands} times`];
  return [...faults.map((text) => `${name}: ${text}`), ...seen];
}

function faultsOfRound(
  { name, service: { me, livez }, memory, faults }: Round,
  memoryAlone: number,
  { loopDelay }: Plan,
): readonly string[] {
  const rules: readonly (readonly [isKept: boolean, otherwise: string])[] = [
    [shareOfGood(me) >= LEAST_SHARE, `of /me ${percent(shareOfGood(me))} were answered 200`],
    [me.max <= DEADLINE, `/me took up to ${ms(me.max)} ms`],
    [livez.max <= loopDelay, `/livez took up to ${ms(livez.max)} ms`],
    [memory <= memoryAlone + MOST_MEMORY_MORE, `the server came to ${ms(memory)} MiB`],
  ];
  const broken = rules.filter(([isKept]) => !isKept).map(([, otherwise]) => otherwise);
  return [...faults, ...broken].map((text) => `beside ${name}: ${text}`);
}

function shareOfGood({ measuredStatuses, completed }: Service['me']): number {
  return (measuredStatuses['200'] ?? 0) / completed;
}

const right = (title: string) => ({ title, align: 'right' as const });
const ms = (milliseconds: number) => String(Math.round(milliseconds));
const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function unseenTable(unseen: readonly Unseen[]): string {
  return markdownTable(
    [{ title: 'flood' }, { title: 'answers' }, right('commands at the database')],
    unseen.map(({ name, answers, commands }) => [name, answers, String(commands)]),
  );
}

function roundTable(rounds: readonly Round[]): string {
  const titles = ['/me p50, ms', 'p99', 'worst', '200s', '/livez p99, ms', 'worst', 'memory, MiB'];
  return markdownTable(
    [{ title: 'beside' }, ...titles.map(right), { title: 'what the flood was answered' }],
    rounds.map(({ name, service: { me, livez }, memory, answers }) => [
      name,
      me.p50.toFixed(1),
      ...[me.p99, me.max].map(ms),
      percent(shareOfGood(me)),
      ...[livez.p99, livez.max, memory].map(ms),
      answers,
    ]),
  );
}
