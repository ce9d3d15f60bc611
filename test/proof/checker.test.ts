import test from 'ava';
import { findBreaches, type Rule, type Rules } from './checker.ts';
import type { Operation } from './history.ts';
import { sampleOperation } from './sample-operation.ts';

const LOGIN = sampleOperation('login', [0, 1], 'ok');

interface Case {
  readonly title: string;
  readonly history: readonly Operation[];
  readonly rules?: Rules;
  /** Rules of the breaches, in the order of the history. */
  readonly breaches: readonly Rule[];
}

const CLEAN: readonly Rule[] = [];

const cases: readonly Case[] = [
  // A changed password, and everyone after a restore.
  {
    title: 'a session of the old password that was opened during the change is lost after it',
    history: [
      sampleOperation('change_password', [2, 9], 'ok', { session: 's0', password: 'old' }),
      sampleOperation('login', [3, 4], 'ok', { password: 'old' }),
      sampleOperation('me', [10, 11], 'ok'),
    ],
    breaches: ['lost'],
  },
  {
    title: 'a login by the old password after the change was answered is lost',
    history: [
      sampleOperation('change_password', [2, 4], 'ok', { session: 's0', password: 'old' }),
      sampleOperation('login', [5, 6], 'ok', { password: 'old' }),
    ],
    breaches: ['lost'],
  },
  {
    title: 'the old password refused after the change is right, and another is not',
    history: [
      sampleOperation('change_password', [2, 4], 'ok', { session: 's0', password: 'old' }),
      sampleOperation('login', [5, 6], 'invalid_credentials', { password: 'old' }),
      sampleOperation('login', [5, 6], 'invalid_credentials', { password: 'new' }),
    ],
    breaches: ['false_refusal'],
  },
  {
    title: 'the session that a change returns is not revoked by it',
    history: [
      sampleOperation('change_password', [2, 4], 'ok', { session: 's0', password: 'old' }),
      sampleOperation('login', [4, 4], 'ok'),
      sampleOperation('me', [5, 6], 'user_tokens_revoked'),
    ],
    breaches: ['false_refusal'],
  },
  {
    title: 'a token of any user accepted after everyone was revoked is lost',
    history: [
      LOGIN,
      sampleOperation('revoke_everyone', [2, 4], 'ok', { user: 'everyone' }),
      sampleOperation('me', [5, 6], 'ok'),
      sampleOperation('refresh', [5, 6], 'refresh_token_expired'),
    ],
    breaches: ['lost'],
  },
  // Acceptances after the acknowledgement of what revokes the token.
  {
    title: 'a token accepted after its logout was answered is lost',
    history: [LOGIN, sampleOperation('logout', [2, 4], 'ok'), sampleOperation('me', [5, 6], 'ok')],
    breaches: ['lost'],
  },
  {
    title: 'a token accepted by a request that began before its logout was answered is not',
    history: [LOGIN, sampleOperation('logout', [2, 4], 'ok'), sampleOperation('me', [3, 9], 'ok')],
    breaches: CLEAN,
  },
  {
    title: 'a token refused after its logout is right',
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], 'ok'),
      sampleOperation('me', [5, 6], 'token_revoked'),
    ],
    breaches: CLEAN,
  },
  {
    title: 'a token accepted after a logout that was answered 503 is not lost',
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], 'away'),
      sampleOperation('me', [5, 6], 'ok'),
    ],
    breaches: CLEAN,
  },
  {
    title: 'a token accepted after a logout without an answer is not lost',
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], 'silence'),
      sampleOperation('me', [5, 6], 'ok'),
    ],
    rules: { mayBreakOff: true },
    breaches: CLEAN,
  },
  {
    title: 'a refresh after the logout was answered is lost',
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], 'ok'),
      sampleOperation('refresh', [5, 6], 'ok'),
    ],
    breaches: ['lost'],
  },
  {
    title: 'a token that a refresh gave meanwhile dies with its session',
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], 'ok', { token: 'first' }),
      sampleOperation('refresh', [3, 5], 'ok'),
      sampleOperation('me', [6, 7], 'ok', { token: 'second' }),
    ],
    breaches: ['lost'],
  },
  {
    title: 'a revoke-all by a token whose logout was answered is lost',
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], 'ok'),
      sampleOperation('revoke_all', [5, 6], 'ok'),
    ],
    breaches: ['lost'],
  },
  {
    title: 'a logout of a token that is revoked already is none',
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], 'ok'),
      sampleOperation('logout', [5, 6], 'ok'),
    ],
    breaches: CLEAN,
  },
  {
    title: 'the logout of another session changes nothing',
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], 'ok', { session: 's2' }),
      sampleOperation('me', [5, 6], 'ok'),
    ],
    breaches: CLEAN,
  },
  {
    title: 'a session that was open before the revoke-all is lost when it is accepted later',
    history: [
      LOGIN,
      sampleOperation('login', [0, 1], 'ok', { session: 's2' }),
      sampleOperation('revoke_all', [2, 4], 'ok', { session: 's2' }),
      sampleOperation('me', [5, 6], 'ok'),
      sampleOperation('refresh', [5, 6], 'ok'),
    ],
    breaches: ['lost', 'lost'],
  },
  {
    title: "another user's revoke-all changes nothing",
    history: [
      LOGIN,
      sampleOperation('revoke_all', [2, 4], 'ok', { user: 'bob', session: 's2' }),
      sampleOperation('me', [5, 6], 'ok'),
    ],
    breaches: CLEAN,
  },
  ...(['ok', 'user_tokens_revoked'] as const).map((word) => ({
    title: `a login that overlaps a revoke-all may be caught or not: ${word}`,
    history: [
      sampleOperation('login', [0, 3], 'ok'),
      sampleOperation('revoke_all', [2, 4], 'ok', { session: 's2' }),
      sampleOperation('me', [5, 6], word),
    ],
    breaches: CLEAN,
  })),
  {
    title: 'a login that began after the revoke-all was answered is not caught',
    history: [
      sampleOperation('revoke_all', [2, 4], 'ok', { session: 's2' }),
      sampleOperation('login', [5, 6], 'ok'),
      sampleOperation('me', [7, 8], 'user_tokens_revoked'),
    ],
    breaches: ['false_refusal'],
  },

  // A refusal that nothing explains.
  {
    title: 'a token refused that nobody revoked is a false refusal',
    history: [LOGIN, sampleOperation('me', [5, 6], 'token_revoked')],
    breaches: ['false_refusal'],
  },
  {
    title: 'a refresh refused that nobody revoked is a false refusal',
    history: [
      LOGIN,
      sampleOperation('refresh', [2, 3], 'refresh_token_revoked'),
      sampleOperation('refresh', [5, 6], 'refresh_token_reused'),
    ],
    breaches: ['false_refusal', 'false_refusal'],
  },
  ...(['ok', 'away', 'busy', 'silence'] as const).map((word) => ({
    title: `a token refused after a logout was sent is not, whatever came of the logout: ${word}`,
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], word),
      sampleOperation('me', [50, 60], 'token_revoked'),
    ],
    rules: { mayBreakOff: true },
    breaches: CLEAN,
  })),
  {
    title: 'a token refused before its logout was sent is a false refusal',
    history: [
      LOGIN,
      sampleOperation('me', [2, 3], 'token_revoked'),
      sampleOperation('logout', [4, 5], 'ok'),
    ],
    breaches: ['false_refusal'],
  },
  {
    title: 'a token refused by a request that ended after its logout was sent is not',
    history: [
      LOGIN,
      sampleOperation('me', [2, 5], 'token_revoked'),
      sampleOperation('logout', [4, 6], 'ok'),
    ],
    breaches: CLEAN,
  },
  {
    title: 'a revoke-all that was refused explains nothing',
    history: [
      LOGIN,
      sampleOperation('logout', [1, 2], 'ok', { session: 's2' }),
      sampleOperation('revoke_all', [3, 4], 'token_revoked', { session: 's2' }),
      sampleOperation('me', [5, 6], 'user_tokens_revoked'),
    ],
    breaches: ['false_refusal'],
  },
  {
    title: 'a revoke-all that was not acknowledged may still happen, and catch a later login',
    history: [
      sampleOperation('revoke_all', [2, 4], 'away', { session: 's2' }),
      sampleOperation('login', [5, 6], 'ok'),
      sampleOperation('me', [7, 8], 'user_tokens_revoked'),
      sampleOperation('refresh', [7, 8], 'refresh_token_revoked'),
    ],
    breaches: CLEAN,
  },
  {
    title: 'a logout does not explain that all tokens of the user were revoked',
    history: [
      LOGIN,
      sampleOperation('logout', [2, 4], 'ok'),
      sampleOperation('me', [5, 6], 'user_tokens_revoked'),
    ],
    breaches: ['false_refusal'],
  },
  {
    title: 'a revoke-all does not explain that this one token was revoked',
    history: [
      LOGIN,
      sampleOperation('revoke_all', [2, 4], 'ok', { session: 's2' }),
      sampleOperation('me', [5, 6], 'token_revoked'),
    ],
    breaches: ['false_refusal'],
  },
];

for (const { title, history, rules, breaches } of cases) {
  test(title, (t) => {
    t.deepEqual(
      findBreaches(history, rules).map(({ rule }) => rule),
      breaches,
    );
  });
}

test('a loss names the request and the revocation that it should have seen', (t) => {
  const logout = sampleOperation('logout', [2, 4], 'ok');
  const me = sampleOperation('me', [5, 6], 'ok');
  t.deepEqual(findBreaches([LOGIN, logout, me]), [
    { rule: 'lost', operation: me, revocation: logout },
  ]);
});
