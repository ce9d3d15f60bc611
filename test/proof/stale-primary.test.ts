import test from 'ava';
import { tellsOwners } from '../helpers/proxy/socket-owner.ts';
import { assertShare } from './section.ts';
import { stalePrimary } from './stale-primary-section.ts';

const onLinux = tellsOwners ? test : test.skip;

onLinux(
  'a primary that was cut off answers with old data, but never a linearizable read',
  async (t) => {
    const report = await assertShare(t, stalePrimary);
    t.log(report.join('\n'));
  },
);
