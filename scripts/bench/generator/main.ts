/** The load generator: a process of its own, apart from the server under test and from the bench. */
import { createIssuer, USER_COUNT, userIds } from '../tokens.ts';
import { runClosedLoop, runOpenLoop } from './loops.ts';
import * as protocol from './protocol.ts';

const requestSets = new Map<string, readonly protocol.Request[]>();

async function perform(task: protocol.RequestSetTask | protocol.LoadTask) {
  if ('streams' in task) return Promise.all(task.streams.map((stream) => run(task, stream)));
  requestSets.delete(task.set); // the old requests may be collected while the new ones are made
  const requests = 'issue' in task ? await issue(task.issue) : task.requests;
  requestSets.set(task.set, requests.map(protocol.encodeRequest));
  return [];
}

async function issue({ secret, count }: { readonly secret: string; readonly count: number }) {
  const issueToken = await createIssuer(secret);
  const users = userIds(USER_COUNT);
  const tokens: string[] = [];
  while (tokens.length < count) {
    const issuing = users.slice(0, count - tokens.length).map(issueToken);
    tokens.push(...(await Promise.all(issuing)));
  }
  return tokens.map((token) => protocol.meRequest('Authorization', `Bearer ${token}`));
}

function run(task: protocol.LoadTask, { set, order, load }: protocol.Stream) {
  const requests = requestSets.get(set);
  if (requests === undefined) throw new Error(`there is no request set ${set}`);
  const source = order === 'random' ? protocol.randomly(requests) : protocol.once(requests);
  if ('rate' in load) return runOpenLoop(task, source, load.rate);
  return runClosedLoop(task, source, load.connections);
}

process.on('message', (task: protocol.RequestSetTask | protocol.LoadTask) => {
  perform(task).then(
    (results) => process.send?.({ results }),
    (error: Error) => process.send?.({ failed: error.message }),
  );
});
