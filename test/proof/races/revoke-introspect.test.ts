import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import type { ClientCredentials } from '../../../lib/use-cases/shared/authenticate-client.ts';
import { addClient, introspect, revoke } from '../../helpers/clients.ts';
import { migratedDatabase } from '../../helpers/database.ts';
import { serve } from '../../helpers/server.ts';
import { openSession } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';
import { repeat } from './race.ts';

const ROUNDS = 100;

interface Asked {
  readonly begunAfter: boolean;
  readonly active: boolean;
}

/** Introspects again and again until it has begun five times after the revocation was answered. */
async function keepAsking(first: Asked, ask: () => Promise<boolean>, isAnswered: () => boolean) {
  const asked = [first];
  while (asked.filter(({ begunAfter }) => begunAfter).length < 5) {
    const begunAfter = isAnswered();
    asked.push({ begunAfter, active: await ask() });
  }
  return asked;
}

/** A client revokes here, while others introspect here and there, each of them once before. */
async function raceOnce(
  urls: readonly [here: string, there: string],
  client: ClientCredentials,
  token: string,
  sent: string,
) {
  let isAnswered = false;
  const asks = [...urls, ...urls].map((url) => async () => {
    const { status, body } = await introspect(url, client, token);
    if (status !== 200) throw new Error(`An introspection was answered ${status}`);
    return body.active as boolean;
  });
  const first = await Promise.all(asks.map((ask) => ask()));
  const asked = asks.map((ask, index) =>
    keepAsking({ begunAfter: false, active: first[index] === true }, ask, () => isAnswered),
  );
  await pause(Math.random() * 20);
  const { status } = await revoke(urls[0], client, sent);
  isAnswered = true;
  if (status !== 200) throw new Error(`The revocation was answered ${status}`);
  return (await Promise.all(asked)).flat();
}

for (const kind of ['access', 'refresh'] as const) {
  test(`Revoke × introspect: after the 200 nothing that begins later calls it active (${kind}_token)`, async (t) => {
    const { uri, collections } = await migratedDatabase(t);
    const client = await addClient(collections);
    const environment = { MONGODB_URI: uri, JWT_SECRET_KEY: generateSecret() };
    const here = await serve(t, environment);
    const there = await serve(t, environment);
    const { email } = await addUser(collections);

    const races = await repeat(t, Array(ROUNDS).fill(undefined), async () => {
      const tokens = await openSession(here.url, email);
      return raceOnce([here.url, there.url], client, tokens.access, tokens[kind]);
    });
    const after = races.flat().filter(({ begunAfter }) => begunAfter);
    t.true(after.length >= ROUNDS * 20);
    t.deepEqual(
      after.filter(({ active }) => active),
      [],
    );
    for (const asked of races) {
      t.is(asked.filter(({ active }) => active).length >= 4, true, 'each began before');
    }
  });
}
