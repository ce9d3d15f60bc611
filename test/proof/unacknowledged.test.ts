/** A revocation that a majority does not have gets 503, however often and at whichever server it is requested. */
import test from 'ava';
import { deposePrimary } from '../helpers/set/split-brain.ts';
import { askAll } from './acknowledgements/ask-and-judge.ts';
import {
  type EndingRequest,
  openEndingDeployment,
  openTarget,
  openVictim,
} from './acknowledgements/ending-requests.ts';

const LONG = { staleness: '30s', electionTimeoutMillis: 40_000 };

const ENDING = [
  'revoke others',
  'end session',
  'oauth revoke',
  'revoke all',
  'logout',
] as const satisfies readonly EndingRequest[];

test.serial(
  'Entries that were seen but not acknowledged do not make the second try a 200',
  async (t) => {
    const deployment = await openEndingDeployment(t, LONG);
    const { set, servers } = deployment;
    const victim = await openVictim(deployment, 'logout');
    const primary = await set.primary();
    const others = set.members.filter((member) => member !== primary);
    await Promise.all(others.map((member) => member.kill()));
    for (const round of ['first', 'second']) {
      const victims = ENDING.slice(0, 3).map((request) => ({ ...victim, request }));
      for (const asked of await askAll(servers[0].url, victims, deployment)) {
        t.is(asked.answer.status, 503, `${asked.victim.request}, ${round} try`);
      }
    }
  },
);

test.serial(
  'Behind a primary that was cut off nothing is reported as ended, and no session as missing that was opened elsewhere since',
  async (t) => {
    const deployment = await openEndingDeployment(t, LONG);
    const { set, servers } = deployment;
    const [server, other] = servers;
    const victim = await openVictim(deployment, 'logout');
    await deposePrimary(set, (old) => {
      set.reachOnly(server.pid, old);
      set.cutOff(old);
    });
    const statuses: Record<string, number> = {};
    for (const request of ENDING) {
      const target = await openTarget(other.url, victim);
      const asked = await askAll(server.url, [{ ...victim, request, target }], deployment);
      statuses[request] = asked[0]?.answer.status ?? 0;
    }
    t.deepEqual([...new Set(Object.values(statuses))], [503], JSON.stringify(statuses));
  },
);
