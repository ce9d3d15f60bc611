import type { Row } from './rows.ts';

/** A response that contradicts the row: its figures would be those of something else. */
export class WrongAnswer extends Error {
  override name = 'WrongAnswer' as const;
}

/** Credentials as values of a header: a good one, and a revoked one unless the server has its own sessions. */
export interface Probes {
  readonly headerName: string;
  readonly good: string;
  readonly revoked: string | undefined;
}

const FIELDS = 'company_id,email,id,name,roles,session_id';

/**
 * Checks that a server does what its row says, before it is measured: the fields of a good answer, and the
 * status for no credential, for junk and for a revoked token. Throws WrongAnswer.
 */
export async function probe({ name, checks }: Row, port: number, probes: Probes): Promise<void> {
  const { headerName, good, revoked } = probes;
  const ask = async (what: string, headers: Record<string, string>, expected: number) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/auth/me`, { headers });
    const body = await response.text();
    if (response.status === expected) return body;
    const answered = `${name} answered ${response.status} to ${what}, not ${expected}`;
    throw new WrongAnswer(`${answered}: ${body.slice(0, 200)}`);
  };

  const body = JSON.parse(await ask('a good credential', { [headerName]: good }, 200));
  const fields = Object.keys(body).sort().join();
  if (fields !== FIELDS) throw new WrongAnswer(`${name} answered the fields ${fields}`);
  const refusal = checks === 'nothing' ? 200 : 401;
  await ask('no credential', {}, refusal);
  await ask('junk', { [headerName]: `${good.slice(0, 20)}junk` }, refusal);
  if (revoked === undefined) return;
  await ask('a revoked token', { [headerName]: revoked }, checks === 'revocation' ? 401 : 200);
}
