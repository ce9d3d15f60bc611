/** The load generator: a process of its own, so that its work is not the server's and not the harness's. */
import { USER_COUNT, userIds } from '../population.ts';
import { createMint } from '../tokens.ts';
import { runClosedLoop } from './closed-loop.ts';
import { runOpenLoop } from './open-loop.ts';
import type {
  GeneratorAnswer,
  GeneratorTask,
  MintTask,
  PoolTask,
  RunTask,
  StreamTask,
} from './protocol.ts';
import { loginRequest, meRequest, once, type Request, randomly, requestOf } from './requests.ts';

const pools = new Map<string, readonly Request[]>();

async function perform(task: GeneratorTask): Promise<GeneratorAnswer> {
  if ('streams' in task) {
    return { results: await Promise.all(task.streams.map((stream) => run(task, stream))) };
  }
  pools.delete(task.pool); // the old ones may be garbage while the new ones are made
  pools.set(task.pool, await makeRequests(task));
  return { done: true };
}

async function makeRequests(task: PoolTask): Promise<readonly Request[]> {
  if ('credentials' in task) return task.credentials.map(meRequest);
  if ('requests' in task) return task.requests.map(requestOf);
  if ('mint' in task) return mint(task.mint);
  const { emails, password } = task.logins;
  return emails.map((email) => loginRequest(email, password));
}

async function mint({ secret, count }: MintTask): Promise<readonly Request[]> {
  const makeToken = await createMint(secret);
  const users = userIds(USER_COUNT);
  return Array.from({ length: count }, (_, index) => {
    const { token } = makeToken(users[index % users.length] ?? '');
    return meRequest({ name: 'Authorization', value: `Bearer ${token}`, expected: [200] });
  });
}

function run(task: RunTask, { pool, order, load }: StreamTask) {
  const requests = pools.get(pool);
  if (requests === undefined) throw new Error(`there is no pool ${pool}`);
  const source = order === 'random' ? randomly(requests) : once(requests);
  return load.kind === 'closed'
    ? runClosedLoop(task, source, load.connections)
    : runOpenLoop(task, source, load.rate);
}

async function answer(task: GeneratorTask): Promise<GeneratorAnswer> {
  try {
    return await perform(task);
  } catch (error) {
    return { failed: (error as Error).message };
  }
}

process.on('message', (task: GeneratorTask) => {
  void answer(task).then((done) => process.send?.(done));
});
process.on('disconnect', () => process.exit());
