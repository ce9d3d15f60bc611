/** A revocation that a majority does not have is answered 503, however often and wherever it is asked for. */
import test, { type ExecutionContext } from 'ava';
import { deposePrimary } from '../helpers/set/split-brain.ts';
import {
  ENDING_REQUESTS,
  type EndingRequest,
  openEndingDeployment,
  openTarget,
  openVictim,
} from './acknowledgements/ending-requests.ts';

/** The primary believes in itself for long, and the server in its primary. */
function open(t: ExecutionContext) {
  const environment = { MAX_STALENESS: '30s', REQUEST_DEADLINE: '4s' };
  return openEndingDeployment(t, environment, { electionTimeoutMillis: 40_000 });
}

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
    const deployment = await open(t);
    const { set, servers } = deployment;
    const victim = await openVictim(deployment, 'logout');
    const primary = await set.primary();
    const others = set.members.filter((member) => member !== primary);
    await Promise.all(others.map((member) => member.kill()));
    for (const round of ['first', 'second']) {
      const asked = ENDING.slice(0, 3).map(async (name) => {
        const { status } = await ENDING_REQUESTS[name](servers[0].url, victim, deployment);
        return { name, status };
      });
      for (const { name, status } of await Promise.all(asked)) {
        t.is(status, 503, `${name}, ${round} try`);
      }
    }
  },
);

test.serial(
  'Behind a primary that was cut off nothing is reported as ended, and no session as missing that was opened elsewhere since',
  async (t) => {
    const deployment = await open(t);
    const { set, servers } = deployment;
    const [server] = servers;
    const victim = await openVictim(deployment, 'logout');
    await deposePrimary(set, (old) => {
      set.reachOnly(server.pid, old);
      set.cutOff(old);
    });
    const statuses: Record<string, number> = {};
    for (const name of ENDING) {
      const target = await openTarget(deployment.servers[1].url, victim);
      const asked = ENDING_REQUESTS[name](server.url, { ...victim, target }, deployment);
      statuses[name] = (await asked).status;
    }
    t.deepEqual([...new Set(Object.values(statuses))], [503], JSON.stringify(statuses));
  },
);
