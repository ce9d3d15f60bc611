import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { keyFromPrivatePem, keysFromPublicPem } from '../../lib/tokens/keys/key-pair.ts';
import { generateSecret, secretFault } from '../../lib/tokens/keys/secret/rules.ts';
import { parseConfig } from '../../server/config/config.ts';
import { readEnvironment } from '../../server/config/env.ts';
import { emptyFolder, rescind, run } from '../helpers/processes.ts';

async function generated(t: ExecutionContext, ...options: string[]): Promise<string> {
  const { code, stdout, stderr } = await rescind(t, ['generate-secret', ...options]);
  t.deepEqual([code, stderr], [0, '']);
  const [, value] = /^JWT_SECRET_KEY=([\w-]+)\n$/.exec(stdout) ?? [];
  return value ?? t.fail(`Not exactly one line: ${stdout}`) ?? '';
}

test.serial(
  'generate-secret prints exactly JWT_SECRET_KEY=<value>, 32 bytes as 43 characters',
  async (t) => {
    const value = await generated(t);
    t.is(value.length, 43);
    t.is(secretFault(value), undefined);
  },
);

test.serial('generate-secret --bytes 64 prints 86 characters', async (t) => {
  const value = await generated(t, '--bytes', '64');
  t.is(value.length, 86);
  t.is(secretFault(value), undefined);
});

for (const alg of ['EdDSA', 'RS256'] as const) {
  test.serial(
    `generate-secret --key ${alg} prints one line that .env, a shell and a server take`,
    async (t) => {
      const { code, stdout, stderr } = await rescind(t, ['generate-secret', '--key', alg]);
      t.deepEqual([code, stderr], [0, '']);
      const [, value = ''] = /^JWT_PRIVATE_KEY="([-\w+/=\\ ]+)"\n$/.exec(stdout) ?? [];
      const needed = { MONGODB_URI: 'mongodb://127.0.0.1', JWT_SECRET_KEY: generateSecret() };

      const cwd = emptyFolder(t);
      writeFileSync(join(cwd, '.env'), `LOG_LEVEL=warn\n${stdout}PORT=1\n`);
      const config = parseConfig({ ...readEnvironment(cwd, {}), ...needed });
      t.like(config, { LOG_LEVEL: 'warn', PORT: 1 });
      const key = await keyFromPrivatePem(config.JWT_PRIVATE_KEY ?? '');
      t.is(key.alg, alg);
      if (key.publicJwk?.kty === 'RSA') t.is(Buffer.from(key.publicJwk.n, 'base64url').length, 384);

      const printed = await run(t, 'sh', ['-c', `. ./.env; printf %s "$JWT_PRIVATE_KEY"`], { cwd });
      const inShell = parseConfig({ JWT_PRIVATE_KEY: printed.stdout, ...needed });
      t.is((await keyFromPrivatePem(inShell.JWT_PRIVATE_KEY ?? '')).kid, key.kid);
      t.is((await keyFromPrivatePem(value)).kid, key.kid);

      const shared = await rescind(t, ['public-key'], { cwd });
      t.deepEqual([shared.code, shared.stderr], [0, '']);
      t.regex(shared.stdout, /^JWT_PUBLIC_KEYS="[-\w+/=\\ ]+"\n$/);
      const publicKeys = parseEnv(shared.stdout)['JWT_PUBLIC_KEYS'] ?? '';
      t.deepEqual(
        (await keysFromPublicPem(publicKeys)).map(({ kid }) => kid),
        [key.kid],
      );
      t.notThrows(() => parseConfig({ JWT_PUBLIC_KEYS: publicKeys, ...needed }));
    },
  );
}

for (const args of [
  ['--key', 'EdDSA', '--bytes', '64'],
  ['--bytes', '32', '--key', 'RS256'],
  ['--key', 'ES256'],
  ['--key', 'eddsa'],
  ['--key'],
]) {
  test.serial(`generate-secret ${args.join(' ')} is a usage error: exit 64`, async (t) => {
    const { code, stdout, stderr } = await rescind(t, ['generate-secret', ...args]);
    t.deepEqual([code, stdout], [64, '']);
    t.regex(stderr, /--key/);
  });
}

test.serial('public-key without a private key names the missing setting: exit 78', async (t) => {
  for (const env of [{}, { JWT_PRIVATE_KEY: 'nonsense' }]) {
    const { code, stdout, stderr } = await rescind(t, ['public-key'], { env });
    t.deepEqual([code, stdout], [78, '']);
    t.regex(
      stderr,
      /^One setting is wrong:\n {2}JWT_PRIVATE_KEY is .*generate-secret -- --key EdDSA/,
    );
    t.false(stderr.includes('nonsense'));
  }
});

test.serial('no two secrets are the same', async (t) => {
  const values = await Promise.all([1, 2, 3].map(() => generated(t)));
  t.is(new Set(values).size, 3);
});

for (const bytes of ['31', '1025', '32.5', 'many']) {
  test.serial(`generate-secret --bytes '${bytes}' is a usage error: exit 64`, async (t) => {
    const { code, stdout, stderr } = await rescind(t, ['generate-secret', `--bytes=${bytes}`]);
    t.deepEqual([code, stdout], [64, '']);
    t.regex(stderr, /--bytes.*whole number from 32 to 1024/);
  });
}
