import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { createSchema } from '../../../lib/store/mongo/schema-document.ts';
import { createRevocations } from '../../../lib/store/revocations/revocations.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { ageDeployment, migratedDatabase } from '../../helpers/database.ts';
import { logIn, postLogin, sendAs, serve } from '../../helpers/server.ts';
import { PASSWORD } from '../../helpers/users.ts';
import { changePassword, NEW_PASSWORD } from '../../journeys/change-password.ts';
import { meet } from './meet.ts';
import { assertHolds, defineRace } from './race.ts';

/** Opens two servers of one deployment, and a way into its database. */
async function openServers(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  await ageDeployment(collections);
  const environment = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret() };
  const here = await serve(t, environment);
  const there = await serve(t, environment);
  const revocations = createRevocations(collections, createSchema(collections));
  return { collections, here: here.url, there: there.url, revocations };
}

type Servers = Awaited<ReturnType<typeof openServers>>;

/** Asks both servers for `/me`. */
async function askBoth({ here, there }: Servers, token: string): Promise<string> {
  const answers = await Promise.all(
    [here, there].map((url) => sendAs(token, `${url}/api/auth/me`)),
  );
  return answers.map(({ status }) => status).join(' and ');
}

function readStamp(token: string): number {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).stamp;
}

/** One login here and one revoke-all there, in the order that the token's stamp tells. */
const revokeAll = defineRace({
  async run(servers: Servers, { id, email }, moment) {
    const { here, there, revocations } = servers;
    const older = await logIn(there, email);
    const { result, begunAt, answeredAt } = await meet(
      moment,
      () => logIn(here, email),
      async () => {
        const { status } = await sendAs(older, `${there}/api/auth/revoke-all-tokens`, 'POST');
        if (status !== 200) throw new Error(`The revoke-all was answered ${status}`);
      },
    );
    const status = await askBoth(servers, result);
    const isNewer = readStamp(result) === (await revocations.cutoffs(id)).user + 1;
    return { first: isNewer ? 'rival' : 'action', status, isNewer, begunAt, answeredAt };
  },
  points: ['before', 'start', 'answer'],
  orders: { rival: ['before'], action: ['answer'] },
  forbidden: {
    'the token was dead on arrival': ({ isNewer, status }) => isNewer && status !== '200 and 200',
    'the token outlived the revoke-all': ({ isNewer, status }) =>
      !isNewer && status !== '401 and 401',
    'the stamp tells another order': ({ isNewer, begunAt, answeredAt }) =>
      isNewer ? begunAt === 'answer' : answeredAt === 'before',
  },
});

/** One login here with the old password, one change there, and one login here with the new password. */
const change = defineRace({
  async run(servers: Servers, { email }, moment) {
    const { here, there } = servers;
    const older = await logIn(there, email);
    let changed = '';
    const { result, begunAt, answeredAt } = await meet(
      moment,
      async () => {
        // The change has two passwords to work on, so that the login would win nearly always.
        await pause(Math.random() * 300);
        return postLogin(here, { email, password: PASSWORD });
      },
      async () => {
        const { status, body } = await waitFor('A change that is not busy', async () => {
          const answer = await changePassword(there, older);
          return answer.body?.code !== 'busy' && answer;
        });
        if (status !== 200) throw new Error(`The change was answered ${status}`);
        changed = body.access_token;
      },
    );
    const isGranted = result.status === 200;
    const old = isGranted ? await askBoth(servers, result.body.access_token) : result.status;
    const fresh = await askBoth(servers, await logIn(here, email, NEW_PASSWORD));
    const own = await askBoth(servers, changed);
    const first = isGranted ? 'action' : 'rival';
    return { first, isGranted, old, fresh, own, begunAt, answeredAt };
  },
  points: ['before', 'answer', 'before'],
  orders: { rival: ['before'], action: ['answer'] },
  forbidden: {
    'the old password outlived its change': ({ isGranted, old }) =>
      old !== (isGranted ? '401 and 401' : 401),
    'the new password was refused': ({ fresh }) => fresh !== '200 and 200',
    'the token of the change was dead on arrival': ({ own }) => own !== '200 and 200',
    'the answers tell another order': ({ isGranted, begunAt, answeredAt }) =>
      isGranted ? answeredAt === 'before' : begunAt === 'answer',
  },
});

for (const [name, race] of [
  ['revoke-all', revokeAll],
  ['change-password', change],
] as const) {
  test(`Login × ${name} holds over HTTP with two servers on one database`, (t) =>
    assertHolds(t, { race, open: openServers, count: 20 }));
}
