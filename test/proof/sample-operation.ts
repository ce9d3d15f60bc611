/** Operations written by hand, for tests of the checker. */
import type { Answer, Kind, Operation } from './history.ts';

const ANSWERS = {
  ok: { status: 200 },
  away: { status: 503, code: 'store_unavailable' },
  busy: { status: 503, code: 'busy' },
  token_revoked: { status: 401, code: 'token_revoked' },
  user_tokens_revoked: { status: 401, code: 'user_tokens_revoked' },
  refresh_token_revoked: { status: 401, code: 'refresh_token_revoked' },
  refresh_token_reused: { status: 401, code: 'refresh_token_reused' },
  refresh_token_expired: { status: 401, code: 'refresh_token_expired' },
  invalid_token: { status: 401, code: 'invalid_token' },
  invalid_credentials: { status: 401, code: 'invalid_credentials' },
  too_many_logins: { status: 429, code: 'too_many_logins' },
  internal_error: { status: 500, code: 'internal_error' },
  bad_gateway: { status: 502 },
  other_503: { status: 503 },
  silence: undefined,
} as const satisfies Record<string, Answer | undefined>;

export type AnswerName = keyof typeof ANSWERS;

/** An operation of the session `s1` of the user `ann` that got the named answer. */
export function sampleOperation(
  kind: Kind,
  [start, end]: readonly [number, number],
  answerName: AnswerName,
  { session = 's1', user = 'ann', ...more }: Partial<Operation> = {},
): Operation {
  const answer = ANSWERS[answerName];
  const operation = { kind, client: 'c1', server: 'one', user, start, end };
  if (kind !== 'login') return { ...operation, session, answer, ...more };
  return { ...operation, answer: answerName === 'ok' ? { status: 200, session } : answer, ...more };
}
