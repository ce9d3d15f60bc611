import test from 'ava';
import { tallyOf } from './tally.ts';
import { told } from './told.ts';

const FAULT = { start: 10, end: 20 };

test('a tally counts what was acknowledged and decided, and where the fault was in it', (t) => {
  const history = [
    told('login', [0, 1], 'ok', { client: 'library' }), // opened ahead: no request
    told('me', [1, 2], 'ok'),
    told('refresh', [2, 3], 'refresh_token_revoked'),
    told('logout', [3, 4], 'ok'),
    told('me', [8, 12], 'away'),
    told('logout', [11, 15], 'away'),
    told('revoke_all', [14, 21], 'ok'),
    told('me', [22, 23], 'silence'),
    told('me', [23, 24], 'token_revoked'),
  ];
  t.deepEqual(tallyOf(history, FAULT), {
    acknowledged: 2,
    checks: 3,
    before: 3,
    during: 3,
    after: 2,
    longestSilence: 17,
  });
});

test('a tally of nothing is nothing', (t) => {
  t.deepEqual(Object.values(tallyOf([], FAULT)), [0, 0, 0, 0, 0, 0]);
});
