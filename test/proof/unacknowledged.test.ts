/** A revocation that a majority does not have gets 503, however often and at whichever server it is requested. */
import test from 'ava';
import { deposePrimary } from '../helpers/set/split-brain.ts';
import {
  askAll,
  openEndingDeployment,
  openVictims,
  renewSession,
} from './acknowledgements/victims.ts';

/** Milliseconds in which everything can be asked, also on a busy machine. */
const ELECTION_TIMEOUT = 40_000;

const ENDING = [
  'POST /api/auth/sessions/revoke-others',
  'DELETE /api/auth/sessions/:id',
  'POST /oauth/revoke of a refresh token',
  'POST /api/auth/revoke-all-tokens',
  'POST /api/auth/logout',
];

test.serial(
  'Entries that were seen but not acknowledged do not make the second try a 200',
  async (t) => {
    const deployment = await openEndingDeployment(t, ELECTION_TIMEOUT);
    const { set, servers } = deployment;
    const victims = await openVictims(deployment, ENDING.slice(0, 3));
    const primary = await set.primary();
    const others = set.members.filter((member) => member !== primary);
    await Promise.all(others.map((member) => member.kill()));
    for (const round of ['first', 'second']) {
      for (const { answer, request } of await askAll(servers[0].url, victims)) {
        t.is(answer.status, 503, `${request.name}, ${round} try`);
      }
    }
  },
);

test.serial(
  'Behind a primary that was cut off nothing is reported as ended, and no session as missing that was opened elsewhere since',
  async (t) => {
    const deployment = await openEndingDeployment(t, ELECTION_TIMEOUT);
    const { set, servers } = deployment;
    const [server, other] = servers;
    const victims = await openVictims(deployment, ENDING);
    await deposePrimary(set, (old) => {
      set.reachOnly(server.pid, old);
      set.cutOff(old);
    });
    const statuses: Record<string, number> = {};
    for (const victim of victims) {
      const asked = await askAll(server.url, [await renewSession(other.url, victim)]);
      statuses[victim.request.name] = asked[0]?.answer.status ?? 0;
    }
    t.deepEqual([...new Set(Object.values(statuses))], [503], JSON.stringify(statuses));
  },
);
