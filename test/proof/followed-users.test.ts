import test from 'ava';
import { changedUsers } from './faults/changed-users.ts';

test('a change of a user at the shell is followed, whatever command makes it', async (t) => {
  const { open, strike, findFaults } = changedUsers;
  const target = await open(t);
  await strike(target, []);
  t.deepEqual(findFaults?.(target, []), []);
});
