import type { Row } from './rows.ts';
import type { MintedToken } from './tokens.ts';

/** A server did not answer as its row says; its figures would be those of something else. */
export class WrongAnswer extends Error {
  override name = 'WrongAnswer' as const;
}

const FIELDS = ['company_id', 'email', 'id', 'name', 'roles', 'session_id'];

/** What a server is asked before it is measured: a good credential, and one that has been revoked. */
export interface Probes {
  readonly headerName: string;
  readonly good: string;
  /** None where the server has sessions of its own. */
  readonly revoked: string | undefined;
}

/**
 * Makes sure that a server does what its row says it does, before anything is measured of it: the body of
 * a good answer, 401 without a credential and for junk, and 401 for a token that was revoked, where the
 * row checks that.
 */
export async function probe(row: Row, port: number, probes: Probes): Promise<void> {
  const { headerName, good, revoked } = probes;
  const refusal = row.checks === 'nothing' ? 200 : 401;
  const ask = async (what: string, headers: Record<string, string>, expected: number) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/auth/me`, { headers });
    const text = await answer.text();
    if (answer.status === expected) return text;
    throw new WrongAnswer(
      `${row.name} answered ${answer.status} to ${what}, not ${expected}: ${text.slice(0, 200)}`,
    );
  };

  const body = JSON.parse(await ask('a good credential', { [headerName]: good }, 200));
  const fields = Object.keys(body).sort().join();
  if (fields !== FIELDS.join()) throw new WrongAnswer(`${row.name} answered the fields ${fields}`);
  await ask('no credential', {}, refusal);
  await ask('junk', { [headerName]: `${good.slice(0, 20)}junk` }, refusal);
  if (revoked !== undefined) {
    const expected = row.checks === 'revocation' ? 401 : 200;
    await ask('a revoked token', { [headerName]: revoked }, expected);
  }
}

/** The header of a token. */
export function bearer({ token }: MintedToken): string {
  return `Bearer ${token}`;
}
