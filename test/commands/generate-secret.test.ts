import test, { type ExecutionContext } from 'ava';
import { secretFault } from '../../lib/tokens/secret-rules.ts';
import { rescind } from '../helpers/processes.ts';

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
