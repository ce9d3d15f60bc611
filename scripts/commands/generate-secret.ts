import { Command, InvalidArgumentError } from 'commander';
import { generateSecret } from '../../lib/tokens/secret-rules.ts';

/** `rescind generate-secret`: prints exactly `JWT_SECRET_KEY=<value>`. */
export function generateSecretCommand(): Command {
  return new Command('generate-secret')
    .description('print a new JWT_SECRET_KEY, ready for .env')
    .option('--bytes <n>', 'random bytes, 32 to 1024 (64 for production)', byteCount, 32)
    .action(({ bytes }: { bytes: number }) => {
      process.stdout.write(`JWT_SECRET_KEY=${generateSecret(bytes)}\n`);
    });
}

function byteCount(text: string): number {
  const bytes = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (bytes < 32 || bytes > 1024) {
    throw new InvalidArgumentError('It must be a whole number from 32 to 1024.');
  }
  return bytes;
}
