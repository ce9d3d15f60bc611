import test from 'ava';
import { Int32 } from 'mongodb';
import { MINUTE } from '../../../lib/time.ts';
import { routes } from '../../../server/routes.ts';
import { migratedDatabase } from '../../helpers/database.ts';
import type { Fault } from '../../helpers/proxy/command-proxy.ts';
import { everyCommandSection } from '../every-command-section.ts';
import { goodRequests } from '../good-requests.ts';
import { assertShare } from '../section.ts';
import { breakableServer, breakEachCommand } from './break-each-command.ts';

test('Every route has a request whose commands are broken', (t) => {
  const asked = new Set(goodRequests.map(({ route }) => route));
  const names = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  t.deepEqual([...asked].sort(), names.sort());
});

test('Whichever command fails, the answer is 503 or the right one, and the same again comes to its end', async (t) => {
  t.timeout(10 * MINUTE);
  const report = await assertShare(t, everyCommandSection);
  t.log(report.join('\n'));
});

/** An acknowledgement of what was not done. */
const LIE: Fault = {
  isDone: false,
  answer: () => ({ ok: new Int32(1), n: new Int32(3), nModified: new Int32(1) }), // of the three writes of a logout
};

test('The check catches a revocation that was acknowledged and not written', async (t) => {
  const server = await breakableServer(t, await migratedDatabase(t), MINUTE);
  const logout = goodRequests.find(({ name }) => name === 'POST /api/auth/logout');
  if (logout === undefined) return t.fail();
  const rounds = await breakEachCommand(server, logout, () => LIE);
  const lost = rounds.find(({ met }) => met.includes('update revoked_tokens'));
  t.deepEqual(lost?.faults, ['a revoked token was answered 200']);
});
