import test from 'ava';
import { findOwner, summarizeProfile } from '../../scripts/bench/experiments/profile-summary.ts';

const node = (id: number, functionName: string, url: string) => ({
  id,
  callFrame: { functionName, url },
});

const PROFILE = {
  nodes: [
    node(1, '(idle)', ''),
    node(2, 'handle', 'file:///x/node_modules/koa/lib/application.js'),
    node(3, 'handle', 'file:///x/node_modules/koa/lib/application.js'), // called from elsewhere
    node(4, '', 'node:net'),
  ],
  startTime: 1_000_000,
  endTime: 3_000_000,
  samples: [1, 2, 3, 4],
  timeDeltas: [200, 300, 300, 200],
};

test('a profile is summed up by function and owner, of the time in which the thread was busy', (t) => {
  t.deepEqual(summarizeProfile(PROFILE), {
    seconds: 2,
    idle: 0.2,
    owners: [
      { owner: 'koa', share: 0.75 },
      { owner: 'node', share: 0.25 },
    ],
    functions: [
      { owner: 'koa', name: 'handle', share: 0.75 },
      { owner: 'node', name: '(anonymous)', share: 0.25 },
    ],
  });
});

test('a script belongs to a package, a room of rescind, Node or the runtime', (t) => {
  t.is(findOwner('file:///a/node_modules/@koa/router/dist/index.mjs'), '@koa/router');
  t.is(findOwner('file:///a/node_modules/b/node_modules/c/x.js'), 'c');
  t.is(findOwner('file:///a/scripts/bench/dist/lib/auth.js'), 'rescind: lib');
  t.is(findOwner('file:///a/scripts/bench/dist/server/app.js'), 'rescind: server');
  t.is(findOwner('file:///a/scripts/bench/dist/scripts/bench/rescind-server.js'), 'bench');
  t.is(findOwner('node:internal/streams'), 'node');
  t.is(findOwner(''), 'runtime');
});
