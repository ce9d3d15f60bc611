import test from 'ava';
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
    checks: 3,
    before: 3,
    during: 3,
    after: 2,
    longestSilence: 17,
  });
});

test('a tally of nothing is nothing', (t) => {
  t.deepEqual(Object.values(countOperations([], FAULT)), [0, 0, 0, 0, 0, 0]);
});
