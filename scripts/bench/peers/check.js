import { isDeepStrictEqual } from 'node:util';
import { Peer } from './peer.js';
import { RedisLine } from './redis-line.js';
import { Stores } from './stores.js';
import { authority, read, seconds, sign } from './tokens.js';

/** Proves that the peers do what they are measured for: `node check.js MONGODB_URI REDIS_URL`. */

/** Starts take the time here, so no code is checked twice (koa-app.js and users.js are shared). */
const jwtPeers = {
  'koa-jwt.js': { loads: ['none'] },
  'koa-jwt-mongo.js': { loads: ['documented'], revokes: true },
  'koa-jwt-redis.js': { loads: ['none', 'documented', 'batched'], revokes: true, redis: true },
  'fastify-jwt-redis.js': { loads: ['none', 'batched'], revokes: true, redis: true },
  'express-jwt-redis.js': { loads: ['none', 'batched'], revokes: true, redis: true },
};
const fields = ['email', 'name', 'company_id', 'roles'];
const nobody = {
  email: 'john.doe@testcompany.com',
  name: 'John Doe',
  company_id: 'testcompany',
  roles: [],
};

const [mongodbUri, redisUrl] = process.argv.slice(2);
if (!redisUrl) {
  console.error('node check.js MONGODB_URI REDIS_URL');
  process.exit(2);
}

const stores = await Stores.open(mongodbUri, redisUrl);
const people = await invent();
let misses = 0;

try {
  await checkBareKoa();
  for (const [file, kind] of Object.entries(jwtPeers)) {
    await Promise.all(kind.loads.map((userLoad) => checkJwtPeer(file, userLoad, kind)));
  }
  await checkBetterAuth();
} finally {
  await stores.close();
}
console.log(misses === 0 ? 'all good' : `${misses} missed`);
process.exitCode = misses === 0 ? 0 : 1;

async function invent() {
  const users = await stores.addUsers(2000);
  const [disabled] = await stores.addUsers(1, new Date());
  const [loggedOut, cutOff] = users;
  const revoked = sign(loggedOut);
  await stores.revokeToken(revoked, read(revoked).jti);
  const cutAt = seconds() - 10;
  await stores.revokeBefore(cutOff, cutAt);
  return { users, disabled, loggedOut, cutOff, cutAt, revoked };
}

async function checkJwtPeer(file, userLoad, { revokes, redis }) {
  await withPeer(file, userLoad, async (peer, report, line) => {
    await checkAnswers(peer, report, userLoad);
    await checkRefusals(peer, report);
    await checkRevocations(peer, report, revokes);
    if (userLoad !== 'none') await checkUsers(peer, report);
    await checkCrowd(peer, report, redis && userLoad === 'batched' ? 2000 : 200);
    if (redis) await checkRedisGone(peer, report, line);
  });
}

async function withPeer(file, userLoad, check) {
  const line = await RedisLine.open(redisUrl);
  const row = { mongodbUri: stores.mongodbUri, redisUrl: line.url, ...authority, userLoad };
  const peer = await Peer.start(file, row);
  try {
    await check(peer, reporter(`${file} (user load: ${userLoad})`), line);
  } finally {
    peer.stop();
    line.cut();
  }
}

/** `report(what, good, got)` prints a line; what is not good fails the run in the end. */
function reporter(peer) {
  return function report(what, good, got = '') {
    if (!good) misses++;
    console.log(good ? `ok    ${peer}: ${what}` : `MISS  ${peer}: ${what} (got ${got})`);
  };
}

async function checkAnswers(peer, report, userLoad) {
  for (const user of people.users.slice(2, 4)) {
    const token = sign(user);
    const { status, body } = await peer.me(bearer(token));
    const right = isDeepStrictEqual(JSON.parse(body), expected(user, token, userLoad));
    report('a user gets the own data', status === 200 && right, `${status} ${body}`);
  }
  const { cpu, memory } = await peer.ask({ cpu: true });
  report('it tells its CPU time and memory', cpu?.user > 0 && memory?.rss > 0);
}

function expected(user, token, userLoad) {
  const { email, name, company_id, roles } = userLoad === 'none' ? nobody : user;
  return { id: user._id, email, name, company_id, roles, session_id: read(token).sid };
}

async function checkRefusals(peer, report) {
  const user = people.users[2];
  await refuses(peer, report, 'no token', {});
  await refuses(peer, report, 'junk', bearer('junk'));
  const wrong = {
    'an expired token': { claims: { exp: seconds() - 1 } },
    'a wrong signature': { secret: 'another secret, as long as one should be' },
    'a wrong issuer': { claims: { iss: 'somebody' } },
    'a wrong audience': { claims: { aud: 'somebody' } },
    'another algorithm': { head: { alg: 'HS512' } },
    'no algorithm': { head: { alg: 'none' } },
  };
  for (const [what, changes] of Object.entries(wrong)) {
    await refuses(peer, report, what, bearer(sign(user, changes)));
  }
}

async function checkRevocations(peer, report, revokes) {
  const { cutOff, cutAt, loggedOut, revoked } = people;
  const before = bearer(sign(cutOff, { claims: { iat: cutAt } }));
  if (revokes) {
    await refuses(peer, report, 'a revoked token', bearer(revoked));
    await refuses(peer, report, "a token from before the user's cut-off", before);
  } else {
    await admits(peer, report, 'a revoked token, for it asks nobody', bearer(revoked));
  }
  await admits(peer, report, 'another token of that user', bearer(sign(loggedOut)));
  await admits(peer, report, "a token from after the user's cut-off", bearer(sign(cutOff)));
}

async function checkUsers(peer, report) {
  await refuses(peer, report, 'a disabled user', bearer(sign(people.disabled)));
  await refuses(peer, report, 'a missing user', bearer(sign({ _id: crypto.randomUUID() })));
}

/** Many different tokens over 50 connections: nobody is refused, nobody gets another's data. */
async function checkCrowd(peer, report, size) {
  const users = people.users.slice(0, size);
  const right = await crowd(users, async (user) => {
    const { status, body } = await peer.me(bearer(sign(user)));
    return status === 200 && JSON.parse(body).id === user._id;
  });
  const count = right.filter(Boolean).length;
  report(`${users.length} users over 50 connections`, count === users.length, `${count} right`);
}

/** What `ask` says of each, 50 asked at a time. */
async function crowd(all, ask) {
  const answers = [];
  const waiting = all.values();
  const one = async () => {
    for (const each of waiting) answers.push(await ask(each));
  };
  await Promise.all(Array.from({ length: 50 }, one));
  return answers;
}

async function checkRedisGone(peer, report, line) {
  line.cut();
  for (const user of people.users.slice(2, 4)) {
    const start = performance.now();
    const { status } = await peer.me(bearer(sign(user)));
    const ms = performance.now() - start;
    report('503 in 2 s without Redis', status === 503 && ms < 2000, `${status} in ${ms} ms`);
  }
}

async function checkBareKoa() {
  await withPeer('bare-koa.js', 'none', async (peer, report) => {
    const { status, body } = await peer.me();
    const right = isDeepStrictEqual(Object.keys(JSON.parse(body)), ['id', ...fields, 'session_id']);
    report('it answers', status === 200 && right, body);
  });
}

async function checkBetterAuth() {
  await withPeer('better-auth.js', 'none', async (peer, report) => {
    const { headers, headerName } = await peer.ask({ seed: 200 });
    const answers = await crowd(headers, (value) => peer.me({ [headerName]: value }));
    const admitted = answers.filter(({ status }) => status === 200);
    const ids = new Set(admitted.map(({ body }) => JSON.parse(body).id));
    report('200 users over 50 connections', ids.size === 200, `${ids.size} right`);
    await checkBetterAuthRefusals(peer, report, headers);
  });
}

async function checkBetterAuthRefusals(peer, report, [first, second, third]) {
  const sessions = stores.db.collection('session');
  const tokenOf = (cookie) => cookie.split('=')[1].split('.')[0];
  await sessions.deleteOne({ token: tokenOf(first) });
  await sessions.updateOne({ token: tokenOf(second) }, { $set: { expiresAt: new Date(0) } });
  await refuses(peer, report, 'no cookie', {});
  await refuses(peer, report, 'a revoked session', { cookie: first });
  await refuses(peer, report, 'an expired session', { cookie: second });
  await refuses(peer, report, 'a forged cookie', { cookie: `${third.split('.')[0]}.forged` });
  await admits(peer, report, 'the session after', { cookie: third });
}

async function refuses(peer, report, what, headers) {
  const { status } = await peer.me(headers);
  report(`401 for ${what}`, status === 401, status);
}

async function admits(peer, report, what, headers) {
  const { status } = await peer.me(headers);
  report(`200 for ${what}`, status === 200, status);
}

function bearer(token) {
  return { authorization: `Bearer ${token}` };
}
