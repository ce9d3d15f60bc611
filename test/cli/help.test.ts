import test from 'ava';
import { rescind } from '../helpers/processes.ts';

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  migrate: ['--check', '--dry-run', '--after-restore'],
  'generate-secret': ['--bytes <n>', '--key <algorithm>'],
  'public-key': [],
  'user:create': [
    '--email <address>',
    '--company <id>',
    '--name <name>',
    '--role <role>',
    '--password <password>',
    '--without-rules',
    '--if-absent',
  ],
  'client:create': ['--name <name>'],
  'client:list': ['--help'],
  'client:delete': ['--id <id>'],
  followers: ['--help', 'renewed', 'lag', 'stale'],
  revoke: [
    '--user <id>',
    '--token <file>',
    '--session <id>',
    '--key <kid>',
    '--everyone',
    '--dry-run',
  ],
  'user:set-password': ['--email <address>', '--password <password>'],
  'user:disable': ['--email <address>'],
  'user:enable': ['--email <address>'],
};

for (const [command, options] of Object.entries(OPTIONS)) {
  test.serial(`rescind ${command} --help exits 0 and lists every option`, async (t) => {
    const { code, stdout, stderr } = await rescind(t, [command, '--help']);
    t.deepEqual([code, stderr], [0, '']);
    t.true(stdout.startsWith(`Usage: rescind ${command} `), stdout);
    for (const option of options) t.true(stdout.includes(option), option);
  });
}

test.serial('rescind --help exits 0 and lists every command and the exit codes', async (t) => {
  const { code, stdout, stderr } = await rescind(t, ['--help']);
  t.deepEqual([code, stderr], [0, '']);
  for (const command of Object.keys(OPTIONS)) t.true(stdout.includes(command), command);
  t.regex(stdout, /Exit codes: 0 .* 1 .* 64 .* 69 .* 78 /);
});
