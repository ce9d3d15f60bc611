import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { emptyDatabase, migratedDatabase } from '../helpers/database.ts';
import { emptyFolder, rescind } from '../helpers/processes.ts';
import { snapshot } from '../helpers/snapshot.ts';

/** Refused commands do not connect to it. */
const NOWHERE = { MONGODB_URI: 'mongodb://127.0.0.1:1/rescind' };
const KID = Buffer.alloc(32, 1).toString('base64url');
const ID = randomUUID();

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = part({ alg: 'HS256', kid: KID, typ: 'at+jwt' });
const toToken = (payload: unknown) => `${HEADER}.${part(payload)}.${part('signature')}`;
const CLAIMS = { sub: ID, sid: ID, exp: 1_900_000_000 };

const USAGE: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
  ['nothing to revoke', [], /name exactly one of --user, --token, --session, --key, --everyone/],
  ['--dry-run alone', ['--dry-run'], /name exactly one of/],
  ['--user and --everyone', ['--user', ID, '--everyone'], /name exactly one of/],
  ['--session and --token', ['--session', ID, '--token', '-'], /name exactly one of/],
  ['an empty --user beside --everyone', ['--user', '', '--everyone'], /name exactly one of/],
  ['two users', ['--user', ID, '--user', ID], /It may be given only once/],
  ['two keys', ['--key', KID, '--key', KID], /It may be given only once/],
  ['--user without an id', ['--user'], /argument missing/],
  ['an unknown option', ['--everyone', '--dryrun'], /unknown option '--dryrun'/],
  ['--everyone=true', ['--everyone=true'], /unknown option/],
  ['an argument', ['--everyone', 'please'], /too many arguments/],
  ['a short key', ['--key', 'kid'], /43 characters of base64url/],
  ['a key of other characters', ['--key', `${KID.slice(1)}=`], /43 characters of base64url/],
  ['another spelling of a key', ['--key', `${KID.slice(0, -1)}F`], /43 characters of base64url/],
];

for (const [what, args, message] of USAGE) {
  test.serial(`revoke with ${what} is a usage error: exit 64`, async (t) => {
    const { code, stdout, stderr } = await rescind(t, ['revoke', ...args], { env: NOWHERE });
    t.deepEqual([code, stdout], [64, '']);
    t.regex(stderr, message);
  });
}

/** The content of the file; undefined for no file. */
const TOKENS: Readonly<Record<string, string | undefined>> = {
  'a file that is not there': undefined,
  'an empty file': '',
  'a word': 'token',
  'two tokens': `${toToken(CLAIMS)}\n${toToken(CLAIMS)}`,
  'a token with Bearer before it': `Bearer ${toToken(CLAIMS)}`,
  'JSON around the token': JSON.stringify({ access_token: toToken(CLAIMS) }),
  'a token in quotes': `"${toToken(CLAIMS)}"`,
  'a token with padding': `${toToken(CLAIMS)}=`,
  'a token with a NUL in it': toToken(CLAIMS).replace('.', '\0.'),
  'a token in two lines': toToken(CLAIMS).replace('.', '\n.'),
  'a token without sid': toToken({ sub: ID, exp: 1 }),
  'a token whose sub is an object': toToken({ ...CLAIMS, sub: { $ne: null } }),
  'a token whose sid is no UUID': toToken({ ...CLAIMS, sid: 'deployment' }),
  'a token that never ends': toToken({ ...CLAIMS, exp: 1e15 }),
  'a token whose exp is text': toToken({ ...CLAIMS, exp: '1900000000' }),
  'a token whose payload is a list': toToken([CLAIMS]),
  'a token whose payload is no JSON': `${HEADER}.AAAA.AAAA`,
  'half a refresh token': `rt1.${KID}.${ID}.0`,
  'a refresh token with a wrong counter': `rt1.${KID}.${ID}.-1.${KID}`,
  'very much': 'a'.repeat(1_000_000),
};

test.serial(
  'revoke --token refuses what is no token: exit 1, nothing changed, and no part of it is printed',
  async (t) => {
    const { uri, db } = await migratedDatabase(t);
    const before = await snapshot(db);
    const file = join(emptyFolder(t), 'token');
    for (const [what, text] of Object.entries(TOKENS)) {
      if (text !== undefined) writeFileSync(file, text);
      const args = ['revoke', '--token', file];
      const { code, stdout, stderr } = await rescind(t, args, { env: { MONGODB_URI: uri } });
      t.deepEqual([code, stdout], [1, ''], `${what}: ${stderr}`);
      t.regex(
        stderr,
        text === undefined
          ? /^Nothing was revoked\. The file with the token cannot be read \(ENOENT\)\.\n$/
          : /^Nothing was revoked\. The file must contain exactly one access token or refresh token, .*\n$/,
        what,
      );
    }
    t.deepEqual(await snapshot(db), before);
  },
);

test.serial(
  'revoke --token reads no folder, and no more than a token of an endless file',
  async (t) => {
    const { uri } = await migratedDatabase(t);
    const env = { MONGODB_URI: uri };
    const folder = await rescind(t, ['revoke', '--token', emptyFolder(t)], { env });
    t.is(folder.code, 1);
    t.regex(folder.stderr, /cannot be read \(EISDIR\)/);
    const endless = await rescind(t, ['revoke', '--token', '/dev/zero'], { env });
    t.is(endless.code, 1);
  },
);

test.serial(
  'revoke refuses a user and a session that are not there: exit 1, and nothing is changed',
  async (t) => {
    const { uri, db } = await migratedDatabase(t);
    const before = await snapshot(db);
    const refreshToken = `rt1.${KID}.${ID}.0.${KID}`;
    for (const [args, message] of [
      [['--user', ID], /^Nothing was revoked\. There is no user with this id\.\n$/],
      [['--user', ''], /no user/],
      [['--user', 'ann@example.com'], /no user/],
      [['--user', '--everyone'], /no user/],
      [['--user', ID, '--dry-run'], /no user/],
      [['--session', ID], /^Nothing was revoked\. There is no session with this id\.\n$/],
      [['--session', 'deployment'], /no session/],
      [['--session', ID, '--dry-run'], /no session/],
      [['--token', '-'], /no session/],
    ] as const) {
      const options = { env: { MONGODB_URI: uri }, input: refreshToken };
      const { code, stdout, stderr } = await rescind(t, ['revoke', ...args], options);
      t.deepEqual([code, stdout], [1, ''], args.join(' '));
      t.regex(stderr, message);
    }
    t.deepEqual(await snapshot(db), before);
  },
);

const ALL = [
  ['--user', ID],
  ['--session', ID],
  ['--key', KID],
  ['--everyone'],
  ['--everyone', '--dry-run'],
];

test.serial(
  'revoke on a database that is not migrated names the command to run: exit 78',
  async (t) => {
    const { uri, db } = emptyDatabase(t);
    for (const args of ALL) {
      const { code, stdout, stderr } = await rescind(t, ['revoke', ...args], {
        env: { MONGODB_URI: uri },
      });
      t.deepEqual([code, stdout], [78, ''], args.join(' '));
      t.regex(stderr, /^Nothing was revoked\. revoked_tokens holds no sentinel.*npm run migrate/);
    }
    t.deepEqual(await db.listCollections().toArray(), []);
  },
);

test.serial('revoke without MONGODB_URI exits 78, and with the database away 69', async (t) => {
  const without = await rescind(t, ['revoke', '--everyone']);
  t.is(without.code, 78);
  t.regex(without.stderr, /MONGODB_URI is missing/);
  const away = await rescind(t, ['revoke', '--everyone'], { env: NOWHERE });
  t.deepEqual([away.code, away.stdout], [69, '']);
  t.regex(away.stderr, /^MongoDB did not answer: /);
  for (const { stderr } of [without, away]) t.notRegex(stderr, /^\s+at /m);
});
