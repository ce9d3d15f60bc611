import test from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { tellsOwners } from '../helpers/proxy/socket-owner.ts';
import { playSituation, SITUATIONS } from './acknowledgements/situations.ts';
import { openEndingDeployment } from './acknowledgements/victims.ts';

const onLinux = tellsOwners ? test.serial : test.serial.skip;

for (const situation of SITUATIONS) {
  onLinux(`A 2xx stands for a write of its own: ${situation.title}`, async (t) => {
    t.timeout(10 * MINUTE);
    const outcomes = await playSituation(situation, await openEndingDeployment(t));
    t.deepEqual(
      outcomes.flatMap(({ faults }) => faults),
      [],
    );
    t.log(outcomes.map(({ request, status }) => `${request} ${status}`).join(' · '));
  });
}
