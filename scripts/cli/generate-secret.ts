import { Command, InvalidArgumentError, Option } from 'commander';
import type { AsymmetricAlgorithm } from '../../lib/tokens/keys/key.ts';
import { generatePrivateKey } from '../../lib/tokens/keys/key-pair.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { printSecret } from './output.ts';
import { pemLine } from './pem-line.ts';

interface Options {
  readonly bytes: number;
  readonly key?: AsymmetricAlgorithm;
}

/** Prints one line for .env: `JWT_SECRET_KEY=<value>`, or `JWT_PRIVATE_KEY="<value>"` with `--key`. */
export function generateSecretCommand(): Command {
  const key = new Option('--key <algorithm>', 'print a new JWT_PRIVATE_KEY in place of a secret');
  return new Command('generate-secret')
    .description('print a new JWT_SECRET_KEY, ready for .env')
    .option('--bytes <n>', 'random bytes, 32 to 1024 (64 for production)', parseBytes, 32)
    .addOption(key.choices(['EdDSA', 'RS256'] satisfies AsymmetricAlgorithm[]).conflicts('bytes'))
    .action(async ({ bytes, key }: Options) => {
      const line =
        key === undefined
          ? `JWT_SECRET_KEY=${generateSecret(bytes)}`
          : pemLine('JWT_PRIVATE_KEY', generatePrivateKey(key));
      await printSecret(
        line,
        (reason) => `The secret was not printed. ${reason} Then repeat the command.`,
      );
    });
}

function parseBytes(text: string): number {
  const bytes = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (bytes < 32 || bytes > 1024) {
    throw new InvalidArgumentError('It must be a whole number from 32 to 1024.');
  }
  return bytes;
}
