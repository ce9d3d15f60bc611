/** Histories written by hand. */
import type { Answer, Kind, Operation } from './history.ts';

/** What a server may say, by one word. */
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

export type Word = keyof typeof ANSWERS;

/** One operation: what, from when to when, and what came of it. */
export function told(
  kind: Kind,
  [start, end]: readonly [number, number],
  word: Word,
  { session = 's1', user = 'ann', ...more }: Partial<Operation> = {},
): Operation {
  const said = ANSWERS[word];
  const who = { client: 'c1', server: 'one', user, start, end };
  if (kind === 'login') {
    const answer = said && (word === 'ok' ? { ...said, session } : said);
    return { kind, ...who, answer, ...more };
  }
  return { kind, ...who, session, answer: said, ...more };
}
