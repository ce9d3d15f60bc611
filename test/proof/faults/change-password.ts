/** Passwords that are changed beside logins by the old one, while another primary is elected. */
import { setTimeout as pause } from 'node:timers/promises';
import { SECOND } from '../../../lib/time.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { Answer } from '../../helpers/server.ts';
import { splitBrain } from '../../helpers/set/split-brain.ts';
import { FOLLOWING, openSetDeployment } from '../deployment.ts';
import { DEFAULTS, type Fault } from '../fault.ts';
import type { Operation } from '../history.ts';
import { openSessions } from '../library.ts';
import { type ClientSession, changePassword, login, pickRandom } from '../requests.ts';
import { askUntilDecided, sweep } from '../until-decided.ts';

type Target = Awaited<ReturnType<typeof open>>;

/** Users whose password changes in a round, and logins of each that are under way meanwhile. */
const USERS = 3;
const LOGINS = 2;
/** The longest wait of a change, so that it meets each part of the election. */
const LATEST = 2 * SECOND;

export const changePasswordFault: Fault<Target> = {
  ...DEFAULTS,
  name: 'change-password',
  title: 'passwords are changed beside logins by the old one, and another primary is elected',
  rounds: 8,
  open,

  /** Ends when every change is decided, at least one acknowledged, and each old password was tried twice after it. */
  async strike(target, history) {
    const { library, set } = target;
    const sessions = await openSessions(library, history, { users: USERS, each: 1 });
    const changes = sessions.map((session) => changeBesideLogins(target, history, session));
    const [, ...answers] = await Promise.all([splitBrain(set), ...changes]);
    if (!answers.some((answer) => answer?.status === 200)) {
      throw new Error('No change of a password was acknowledged, so nothing was shown');
    }
  },

  async heal({ set, servers, opened }, history) {
    await set.heal();
    await sweep(history, servers, opened.splice(0));
  },
};

async function open(scope: Scope) {
  const environment = {
    ...FOLLOWING,
    REQUEST_DEADLINE: '10s', // time for two checks of passwords on a busy machine
    FOLLOWER_LEASE: '1s',
    LOGIN_FAILURES_PER_ACCOUNT: '100000/15m',
    LOGIN_FAILURES_PER_ADDRESS: '100000/15m',
  };
  return {
    ...(await openSetDeployment(scope, environment)),
    /** Sessions of the round that were opened by an old password. */
    opened: [] as ClientSession[],
  };
}

async function changeBesideLogins(
  { servers, opened }: Target,
  history: Operation[],
  session: ClientSession,
): Promise<Answer | undefined> {
  const { user } = session;
  const pick = () => ({ client: 'change', server: pickRandom(servers) });
  let isDecided = false;
  const logIn = async () => {
    const more = await login(history, pick(), user);
    if (more !== undefined) opened.push(more);
  };
  const logInUntilDecided = async () => {
    while (!isDecided) await logIn();
  };
  const loops = Array.from({ length: LOGINS }, logInUntilDecided);
  await pause(Math.random() * LATEST);
  const change = () => changePassword(history, pick(), session, 'staple battery horse');
  const answer = await askUntilDecided(change);
  isDecided = true;
  await Promise.all([...loops, logIn(), logIn()]);
  return answer;
}
