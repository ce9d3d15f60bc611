/** The answers that each kind of request may get, whatever is revoked. */
import test from 'ava';
import { findBreaches, type Rule, type Rules } from './checker.ts';
import type { Operation } from './history.ts';
import { type AnswerName, sampleOperation } from './sample-operation.ts';

const LOGIN = sampleOperation('login', [0, 1], 'ok');

interface Case {
  readonly title: string;
  readonly operation: Operation;
  readonly rules?: Rules;
  readonly breaches: readonly Rule[];
}

const CLEAN: readonly Rule[] = [];

const cases: readonly Case[] = [
  ...(['me', 'logout', 'refresh', 'revoke_all'] as const).flatMap((kind) => [
    answered(kind, 'away', CLEAN),
    answered(kind, 'busy', CLEAN),
    answered(kind, 'invalid_token', ['wrong_answer']),
    answered(kind, 'internal_error', ['wrong_answer']),
    answered(kind, 'bad_gateway', ['wrong_answer']),
    answered(kind, 'other_503', ['wrong_answer']),
    answered(kind, 'too_many_logins', ['wrong_answer']),
    answered(kind, 'silence', ['no_answer']),
  ]),
  answered('logout', 'token_revoked', ['wrong_answer']),
  answered('refresh', 'refresh_token_expired', ['false_refusal']),
  answered('refresh', 'token_revoked', ['wrong_answer']),
  answered('me', 'refresh_token_revoked', ['wrong_answer']),
  answered('login', 'away', CLEAN),
  answered('login', 'invalid_credentials', ['false_refusal']),
  answered('login', 'too_many_logins', ['wrong_answer']),
  answered('login', 'internal_error', ['wrong_answer']),
  {
    title: 'a request without an answer is no breach where servers are killed',
    operation: sampleOperation('me', [2, 3], 'silence'),
    rules: { mayBreakOff: true },
    breaches: CLEAN,
  },
  {
    title: 'an answer that speaks of another session is wrong',
    operation: sampleOperation('me', [2, 3], 'ok', { answer: { status: 200, session: 's2' } }),
    breaches: ['wrong_answer'],
  },
  {
    title: 'an answer that speaks of the session of its token is right',
    operation: sampleOperation('me', [2, 3], 'ok', { answer: { status: 200, session: 's1' } }),
    breaches: CLEAN,
  },
];

function answered(kind: Operation['kind'], word: AnswerName, breaches: readonly Rule[]): Case {
  const how = breaches[0] ?? 'in order';
  return {
    title: `a ${kind} of good credentials answered with ${word} is ${how}`,
    operation: sampleOperation(kind, [2, 3], word),
    breaches,
  };
}

for (const { title, operation, rules, breaches } of cases) {
  test(title, (t) => {
    const found = findBreaches([LOGIN, operation], rules);
    t.deepEqual(
      found.map(({ rule }) => rule),
      breaches,
    );
  });
}
