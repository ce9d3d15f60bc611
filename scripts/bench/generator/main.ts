/** The load generator: a process of its own, apart from the server under test and from the bench. */
import { bearer, createTokenSigner, USER_COUNT, userIds } from '../tokens.ts';
import { runClosedLoop, runOpenLoop } from './loops.ts';
import type { LoadTask, Request, RequestSetTask, Stream } from './protocol.ts';
import { encodeRequest, meRequest, once, randomly } from './requests.ts';

const requestSets = new Map<string, readonly Request[]>();

async function perform(task: RequestSetTask | LoadTask) {
  if ('streams' in task) return Promise.all(task.streams.map((stream) => run(task, stream)));
  requestSets.delete(task.set); // the old requests may be collected while the new ones are made
  requestSets.set(
    task.set,
    'sign' in task ? await sign(task.sign) : task.requests.map(encodeRequest),
  );
  return [];
}

async function sign({ secret, count }: { secret: string; count: number }) {
  const signToken = await createTokenSigner(secret);
  const users = userIds(USER_COUNT);
  return Array.from({ length: count }, (_, index) => {
    const token = signToken(users[index % users.length] ?? '');
    return encodeRequest(meRequest('Authorization', bearer(token)));
  });
}

function run(task: LoadTask, { set, order, load }: Stream) {
  const requests = requestSets.get(set);
  if (requests === undefined) throw new Error(`there is no request set ${set}`);
  const source = order === 'random' ? randomly(requests) : once(requests);
  if ('rate' in load) return runOpenLoop(task, source, load.rate);
  return runClosedLoop(task, source, load.connections);
}

process.on('message', (task: RequestSetTask | LoadTask) => {
  perform(task)
    .then((results) => ({ results }))
    .catch((error: Error) => ({ failed: error.message }))
    .then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
