import test from 'ava';
import { encode, forge } from '../helpers/forged-tokens.ts';
import { isLeaked, refusal, toOutcome } from '../helpers/refusals.ts';
import { type Answer, logIn, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

test('No other spelling of a good token is accepted', async (t) => {
  const server = await testServer(t);
  const { url, collections } = server;
  const token = await logIn(url, (await addUser(collections)).email);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const spellings: Record<string, string> = {
    'unused bits in the signature': `${header}.${payload}.${reSpelled(signature)}`,
    padding: `${token}=`,
    'padding inside': `${header}=.${payload}.${signature}`,
    'a space inside': `${header}.${payload}. ${signature}`,
    'a tab inside': `${header}.${payload}\t.${signature}`,
    'a comma at the end': `${token},`,
    'percent encoding': token.replace('.', '%2E'),
    'percent-encoded letter': `%${token.charCodeAt(0).toString(16)}${token.slice(1)}`,
    'base64 in place of base64url': `${header}.${payload}.${signature.slice(0, -1)}+`,
    quotes: `"${token}"`,
    'a fourth part': `${token}.`,
    'an empty part before': `.${token}`,
    'no signature': `${header}.${payload}.`,
    'two parts': `${header}.${payload}`,
    'the scheme twice': `Bearer ${token}`,
    'two tokens': `${token} ${token}`,
    'a letter that is not ASCII': `${token}\u00e9`,
    'another signature': `${header}.${payload}.${encode('x'.repeat(32))}`,
    'a shorter signature': `${header}.${payload}.${signature.slice(0, 22)}`,
  };
  const answers: Record<string, Answer> = {};
  for (const [name, spelling] of Object.entries(spellings)) {
    answers[name] = await sendAs(spelling, `${url}/api/auth/me`);
  }
  t.deepEqual(outcomes(answers), all(answers, refusal('invalid_token')));
  t.false(isLeaked(signature, Object.values(answers), server));
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
});

test('A token may have 4 KiB, and not one byte more', async (t) => {
  const { url, secret, collections } = await testServer(t);
  const token = await logIn(url, (await addUser(collections)).email);
  const sized = (letters: number) =>
    forge(token, secret, { claims: { unknown: 'x'.repeat(letters) } });
  const room = Math.floor((4096 - sized(0).length) * 0.75);
  const [largest, larger] = [sized(room), sized(room + 3)];
  t.true(largest.length > 4090 && largest.length <= 4096 && larger.length > 4096);

  t.is((await sendAs(largest, `${url}/api/auth/me`)).status, 200);
  t.is(toOutcome(await sendAs(larger, `${url}/api/auth/me`)), refusal('invalid_token'));
});

/** The same bytes in base64url, with a bit set that a decoder drops. */
function reSpelled(part: string): string {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + ALPHABET[ALPHABET.indexOf(part.at(-1) ?? '') + 1];
}

function outcomes(answers: Record<string, Answer>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [name, toOutcome(answer)]),
  );
}

function all(answers: Record<string, Answer>, outcome: string): Record<string, string> {
  return Object.fromEntries(Object.keys(answers).map((name) => [name, outcome]));
}
