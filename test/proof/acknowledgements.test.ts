import test from 'ava';
import { tellsOwners } from '../helpers/proxy/socket-owner.ts';
import { openArena, SITUATIONS } from './acknowledgements.ts';

const onLinux = tellsOwners ? test : test.skip;

for (const { title, play } of SITUATIONS) {
  onLinux(`A 2xx stands for a write of its own: ${title}`, async (t) => {
    t.timeout(300_000);
    const outcomes = await play(await openArena(t));
    t.deepEqual(
      outcomes.flatMap(({ faults }) => faults),
      [],
    );
    t.log(outcomes.map(({ deed, status }) => `${deed} ${status}`).join(' · '));
  });
}
