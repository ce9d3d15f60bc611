import test from 'ava';
import { toSubscriber } from '../../lib/ip-address.ts';

const SAME: readonly (readonly [string, string, string])[] = [
  ['an IPv4 address written as IPv6', '192.0.2.1', '::ffff:192.0.2.1'],
  ['an IPv4 address written as IPv6, in hexadecimal', '192.0.2.1', '::ffff:c000:201'],
  ['two addresses of one /64', '2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
  ['two spellings of one address', '2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
  ['two addresses of one /64, one with a zone id', 'fe80::1%eth0', 'fe80::2'],
  ['two zone ids', 'fe80::1%eth0', 'fe80::1%eth1'],
];

const DIFFERENT: readonly (readonly [string, string, string])[] = [
  ['neighbours in IPv4', '192.0.2.1', '192.0.2.2'],
  ['neighbours in IPv4, written as IPv6', '::ffff:192.0.2.1', '::ffff:192.0.2.2'],
  ['neighbouring /64s', '2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['an IPv4 address and the IPv6 /64 of its bytes', '0.0.0.0', '::1'],
  ['an IPv4-mapped address and the loopback of IPv6', '::ffff:127.0.0.1', '::1'],
];

for (const [what, one, other] of SAME) {
  test(`${what} are one subscriber: ${one} and ${other}`, (t) => {
    t.is(toSubscriber(one), toSubscriber(other));
  });
}

for (const [what, one, other] of DIFFERENT) {
  test(`${what} are two subscribers: ${one} and ${other}`, (t) => {
    t.not(toSubscriber(one), toSubscriber(other));
  });
}

test('what is no address is a group of its own, and never an error', (t) => {
  const junk = [
    '',
    'unknown',
    '192.0.2.1:443',
    '[::1]',
    '300.1.1.1',
    '1.2.3',
    '::1%',
    '\0',
    '0x7f.1',
  ];
  for (const text of junk) t.notThrows(() => toSubscriber(text), text);
  t.not(toSubscriber('unknown'), toSubscriber('192.0.2.1'));
});
