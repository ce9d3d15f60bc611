import { type Answer, sendAs } from '../../helpers/server.ts';
import { refresh, type Tokens } from '../../helpers/sessions.ts';
import { askUntilDecided } from '../until-decided.ts';
import { ENDING_REQUESTS, type EndingDeployment, type Victim } from './ending-requests.ts';

/** The answer to one request, and a sentence for each violation of the promise. */
export interface Outcome {
  readonly request: string;
  readonly status: number;
  readonly faults: readonly string[];
}

interface Asked {
  readonly victim: Victim;
  readonly answer: Answer;
}

/** Sends the request of every victim to a server, all at once; `send` may send it again. */
export function askAll(
  url: string,
  victims: readonly Victim[],
  deployment: EndingDeployment,
  send = (ask: () => Promise<Answer>) => ask(),
): Promise<Asked[]> {
  const asked = victims.map(async (victim) => {
    const ask = () => ENDING_REQUESTS[victim.request](url, victim, deployment);
    return { victim, answer: await send(ask) };
  });
  return Promise.all(asked);
}

/** Expects that no session passes which was reported as ended; every other one is to be 503, or none where all is well. */
export function judge(url: string, asked: readonly Asked[], isWell = false): Promise<Outcome[]> {
  const judged = asked.map(async ({ victim: { request, target }, answer }) => {
    const { status, body } = answer;
    const reply = `${request}: ${status} ${body?.code ?? body?.error ?? ''}`;
    const faults: string[] = [];
    if (reportsEnd(answer)) {
      if (await isLive(url, target)) faults.push(`${reply}, and the session passed afterwards`);
    } else if (status !== 503) {
      faults.push(`${reply}, which decides what could not be decided`);
    } else if (isWell) {
      faults.push(`${reply} after everything was repaired`);
    }
    return { request, status, faults };
  });
  return Promise.all(judged);
}

const ENDED =
  /^(token_revoked|user_tokens_revoked|not_found|refresh_token_(reused|revoked|expired))$/;

/** Returns true for a success, and for a refusal because the session has ended. */
function reportsEnd({ status, body }: Answer): boolean {
  return status < 300 || ENDED.test(body?.code);
}

async function isLive(url: string, { access, refresh: token }: Tokens): Promise<boolean> {
  const me = await askUntilDecided(() => sendAs(access, `${url}/api/auth/me`));
  if (me.status === 200) return true;
  return (await askUntilDecided(() => refresh(url, token))).status === 200;
}
