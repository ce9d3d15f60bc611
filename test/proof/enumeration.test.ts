import test from 'ava';
import { compare, enumeration } from './enumeration-section.ts';
import { assertShare } from './section.ts';

/** Times as logins have them: some 60 ms, a few milliseconds of noise, now and then a late one. */
function times(count: number, middle: number): number[] {
  return Array.from({ length: count }, () => {
    const noise = Math.random() + Math.random() + Math.random() - 1.5;
    return middle + noise * 6 + (Math.random() < 0.05 ? 40 : 0);
  });
}

test('The comparison of times is that of a known example', (t) => {
  const { difference, chance, pValue } = compare([1, 2, 3, 4, 5], [3.5, 6, 7, 8, 9]);
  t.is(difference, 4);
  t.is(chance, 23 / 25);
  t.true(Math.abs(pValue - 0.0283) < 0.0005, String(pValue)); // U = 23, z = 2.193
});

test('The comparison of times finds a missing read of 3 ms among 400 samples, and none where there is none', (t) => {
  const same = compare(times(400, 60), times(400, 60));
  t.true(Math.abs(same.difference) < 1.5, JSON.stringify(same));
  t.true(Math.abs(same.chance - 0.5) < 0.1, JSON.stringify(same));
  const slower = compare(times(400, 60), times(400, 63));
  t.true(slower.interval[0] > 1 && slower.interval[1] < 5, JSON.stringify(slower));
  t.true(slower.chance > 0.6 && slower.pValue < 1e-6, JSON.stringify(slower));
});

test('Refused logins are measured in four classes, each with new addresses', async (t) => {
  const report = await assertShare(t, enumeration); // so few samples have no bound; npm run proof has it
  t.is(report.filter((line) => / % to /.test(line)).length, 3, report.join('\n'));
});
