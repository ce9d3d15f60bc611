import { EventEmitter } from 'node:events';
import test from 'ava';
import type { Document } from 'mongodb';
import { countAccepts, recordReads } from './memory.ts';
import { sampleOperation } from './sample-operation.ts';
import { countOperations } from './tally.ts';

const FAULT = { start: 10, end: 20 };

test('a tally counts what was acknowledged and decided, and where the fault was in it', (t) => {
  const history = [
    sampleOperation('login', [0, 1], 'ok', { client: 'library' }), // opened ahead: no request
    sampleOperation('me', [1, 2], 'ok'),
    sampleOperation('refresh', [2, 3], 'refresh_token_revoked'),
    sampleOperation('logout', [3, 4], 'ok'),
    sampleOperation('me', [8, 12], 'away'),
    sampleOperation('logout', [11, 15], 'away'),
    sampleOperation('revoke_all', [14, 21], 'ok'),
    sampleOperation('me', [22, 23], 'silence'),
    sampleOperation('me', [23, 24], 'token_revoked'),
  ];
  t.deepEqual(countOperations(history, FAULT), {
    acknowledged: 2,
    revocationTimes: [1, 7],
    checks: 3,
    before: 3,
    during: 3,
    after: 2,
    longestSilence: 17,
  });
});

test('a tally of nothing is nothing', (t) => {
  t.deepEqual(Object.values(countOperations([], FAULT)), [0, [], 0, 0, 0, 0, 0]);
});

/** Looks these sessions up now, as a server does. Returns the time. */
function lookUp(commands: EventEmitter, collection: string, ...sessions: string[]): number {
  const $in = ['deployment', ...sessions.map((id) => `session:${id}`)];
  commands.emit('command', { find: collection, filter: { _id: { $in } } });
  return performance.now();
}

test('an accept is from memory where its session was not looked up while the request was under way', (t) => {
  const commands = new EventEmitter();
  const reads = recordReads({
    listen(listener) {
      const onCommand = (command: Document) => listener(command, () => true);
      commands.on('command', onCommand);
      return () => void commands.off('command', onCommand);
    },
  });
  const start = performance.now();
  const end = lookUp(commands, 'revoked_tokens', 's1', 's2');
  lookUp(commands, 'sessions', 's3');
  const later = performance.now();
  const me = (session: string, ...times: [number, number]) =>
    sampleOperation('me', times, 'ok', { session });
  const history = [
    me('s1', start, end),
    me('s1', later + 1, later + 2),
    me('s2', start, later),
    me('s3', start, later),
    sampleOperation('me', [start, later], 'token_revoked', { session: 's3' }),
    sampleOperation('refresh', [start, later], 'ok', { session: 's3' }),
    sampleOperation('me', [start, later], 'ok', { session: 's3', server: 'two' }),
  ];
  const servers = [
    { name: 'one', url: '', follows: true },
    { name: 'two', url: '' },
  ];
  t.deepEqual(countAccepts(history, servers, reads), { accepts: 4, fromMemory: 2 });
  reads.stop();
  t.is(commands.listenerCount('command'), 0);
});
