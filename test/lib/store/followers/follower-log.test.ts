import test from 'ava';
import type { FollowerEvent } from '../../../../lib/store/followers/events.ts';
import { createFollowerLog } from '../../../../lib/store/followers/follower-log.ts';

/** Logs events and returns the lines, each as `level message` with its fields. */
function logged(...events: readonly FollowerEvent[]) {
  const lines: [string, object][] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push([`${level} ${message}`, fields]);
  };
  const onEvent = createFollowerLog({ warn: write('warn'), error: write('error') });
  for (const event of events) onEvent(event);
  return lines;
}

const REGISTERED = { type: 'registered', followers: 2, lease: 2_000 } as const;
const HELD = { type: 'held', lapsedFor: 12_345 } as const;
const LAPSED = { type: 'lapsed', cause: new Error('The database is away') } as const;
const HINDERED = { type: 'hindered', reason: 'The schema is old', remedy: 'migrate' } as const;

const NOT_FOLLOWING =
  'warn This server does not follow, so every check reads the database. The schema is old';
const LAPSE = 'warn The lease lapsed, so every check reads the database until it holds again';
const BACK = 'warn The lease holds again, so known tokens are checked without a read';

test('a start without trouble logs nothing', (t) => {
  const renewed = { type: 'renewed', leaseLeft: 1_990, feedLag: 10 } as const;
  const settled = { type: 'settled', duration: 4, followers: 2, reached: 2, silent: [] } as const;
  const read = { type: 'strict_read', cause: 'no_lease' } as const;
  t.deepEqual(logged(read, REGISTERED, renewed, HELD, settled), []);
});

test('a reason for not following is logged once, with its remedy, and again after a registration', (t) => {
  const other = { type: 'hindered', reason: 'Another one' } as const;
  t.deepEqual(logged(HINDERED, HINDERED, HINDERED), [[NOT_FOLLOWING, { remedy: 'migrate' }]]);
  t.deepEqual(
    logged(HINDERED, other, HINDERED, REGISTERED, HINDERED).map(([line]) => line),
    [
      NOT_FOLLOWING,
      NOT_FOLLOWING.replace('The schema is old', 'Another one'),
      NOT_FOLLOWING,
      NOT_FOLLOWING,
    ],
  );
});

test('a lapse is logged with its cause, and its end with the seconds it took', (t) => {
  t.deepEqual(logged(HELD, LAPSED, HELD, HELD), [
    [LAPSE, { err: LAPSED.cause }],
    [BACK, { seconds: 12.3 }],
  ]);
});

test('the end of what hindered a server from the start is logged, too', (t) => {
  const lines = logged(HINDERED, REGISTERED, HELD);
  t.deepEqual(lines[1], [BACK, { seconds: 12.3 }]);
});

test('a cause that is a sentence, or that nobody knows, is logged as an error with a message', (t) => {
  for (const [cause, message] of [
    ['The document was deleted', /^The document was deleted$/],
    [undefined, /^No renewal came back in time/],
  ] as const) {
    const [[, fields] = ['', {}]] = logged({ type: 'lapsed', cause });
    t.regex((fields as { err: Error }).err.message, message);
  }
});

test('more than 30 followers are warned of once', (t) => {
  const many = { ...REGISTERED, followers: 31 };
  t.deepEqual(logged(REGISTERED, { ...many, followers: 30 }, many, many), [
    [
      'warn More than 30 servers follow. Each renewal wakes all of them: make the lease longer',
      { followers: 31 },
    ],
  ]);
});

test('each server that a revocation waited for is named once, with what its silence means', (t) => {
  const silent = (id: string) => ({ id, host: `host-${id}`, version: '1.2.3' });
  const [a, b, c] = [silent('a'), silent('b'), silent('c')];
  const settled = { type: 'settled', duration: 2_214, followers: 3, reached: 2 } as const;
  const unsettled = { type: 'unsettled', duration: 5_000 } as const;
  const lines = logged(
    { ...settled, silent: [a] },
    { ...settled, silent: [a] },
    { ...settled, silent: [a, b] },
    { ...unsettled, silent: [] },
    { ...unsettled, silent: [b, c] },
    { ...settled, silent: [c] },
  );
  t.deepEqual(
    lines.map(([, fields]) => fields),
    [
      { seconds: 2.2, silent: [a] },
      { seconds: 2.2, silent: [a, b] },
      { seconds: 5, silent: [b, c] },
    ],
  );
  t.regex(lines[1]?.[0] ?? '', /^warn A revocation waited .* can accept nothing that it revoked/);
  t.regex(lines[2]?.[0] ?? '', /^warn A revocation failed.* leases may still hold/);
});
