import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readmeBlock } from '../helpers/readme.ts';
import { send } from '../helpers/server.ts';
import { copyTree } from './copy.ts';

const URL = 'http://127.0.0.1:8001';
const USER = { email: 'john.doe@testcompany.com', company_id: 'testcompany' };

function answersIn(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test.serial(
  "`npm ci && npm run dev` listens on 8001, and the README's curl lines do what it says",
  async (t) => {
    await t.throwsAsync(send(`${URL}/livez`), undefined, 'something else listens on 8001');
    const copy = copyTree(t);
    const dev = copy.start('npm ci && exec npm run dev');
    await dev.seen(/Stop:.*Ctrl-C/);
    t.is((await send(`${URL}/readyz`)).status, 200);

    const login = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const body = JSON.stringify({ email: USER.email, password: 'testpassword123' });
    const { status, body: grant } = await send(`${URL}/api/auth/login`, { ...login, body });
    t.is(status, 200);
    t.is(typeof grant.access_token, 'string');

    const tried = await copy.run(readmeBlock('sh', 'curl'));
    t.is(tried.code, 0, tried.stderr);
    const [me, logout, refused, ...others] = answersIn(tried.stdout);
    t.deepEqual(others, []);
    t.like(me, { ...USER, roles: [] });
    t.deepEqual(logout, { message: 'Successfully logged out', token_revoked: true });
    t.like(refused, { status: 401, detail: 'Token has been revoked', code: 'token_revoked' });
    const printed = answersIn(readmeBlock('json', 'token_revoked')).map((each) =>
      Object.keys(each),
    );
    t.deepEqual(
      [me, logout, refused].map((each) => Object.keys(each ?? {})),
      printed,
    );

    const mongod = Number(readFileSync(join(copy.folder, '.data/mongodb/mongod.lock'), 'utf8'));
    t.true(isAlive(mongod));
    dev.kill('SIGINT');
    const { code, stderr } = await dev.finished;
    t.is(code, 0, stderr);
    t.false(isAlive(mongod));
    await t.throwsAsync(send(`${URL}/livez`));
  },
);

test.serial(
  'the second `npm run dev` on the same folder keeps its users and its tokens',
  async (t) => {
    const copy = copyTree(t);
    const installed = await copy.run('npm ci');
    t.is(installed.code, 0, installed.stderr);
    const tokens: string[] = [];
    for (const time of [1, 2]) {
      const dev = copy.start('exec npm run dev');
      await dev.seen(/Stop:.*Ctrl-C/);
      const [logIn] = readmeBlock('sh', 'curl').split(/^(?=curl)/m);
      const { stdout } = await copy.run(`${logIn}\necho "$TOKEN"`);
      tokens.push(stdout.trim());
      const headers = { authorization: `Bearer ${tokens[0]}` };
      t.is((await send(`${URL}/api/auth/me`, { headers })).status, 200, `time ${time}`);
      dev.kill('SIGINT');
      t.is((await dev.finished).code, 0);
    }
  },
);
