import { readFileSync } from 'node:fs';
import test from 'ava';
import { VERSION } from '../../lib/version.ts';

test('the version that servers write into their documents is that of the package', (t) => {
  t.is(VERSION, JSON.parse(readFileSync('package.json', 'utf8')).version);
});
