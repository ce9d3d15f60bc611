import { Command, InvalidArgumentError, Option } from 'commander';
import { generatePrivateKey } from '../../lib/tokens/asymmetric-key.ts';
import type { AsymmetricAlgorithm } from '../../lib/tokens/key.ts';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';
import { handOver } from './output.ts';
import { pemLine } from './pem-line.ts';

interface Options {
  readonly bytes: number;
  readonly key?: AsymmetricAlgorithm;
}

/** `rescind generate-secret`: prints exactly `JWT_SECRET_KEY=<value>`, or with `--key` exactly `JWT_PRIVATE_KEY="<value>"`. */
export function generateSecretCommand(): Command {
  const key = new Option('--key <algorithm>', 'print a new JWT_PRIVATE_KEY in its place');
  return new Command('generate-secret')
    .description('print a new JWT_SECRET_KEY, ready for .env')
    .option('--bytes <n>', 'random bytes, 32 to 1024 (64 for production)', byteCount, 32)
    .addOption(key.choices(['EdDSA', 'RS256'] satisfies AsymmetricAlgorithm[]).conflicts('bytes'))
    .action(async ({ bytes, key }: Options) => {
      const line =
        key === undefined
          ? `JWT_SECRET_KEY=${generateSecret(bytes)}`
          : pemLine('JWT_PRIVATE_KEY', generatePrivateKey(key));
      await handOver(line, (reason) => `The new secret is lost: make another one. ${reason}`);
    });
}

function byteCount(text: string): number {
  const bytes = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (bytes < 32 || bytes > 1024) {
    throw new InvalidArgumentError('It must be a whole number from 32 to 1024.');
  }
  return bytes;
}
