import { Command } from 'commander';
import { publicPemOf } from '../../lib/tokens/asymmetric-key.ts';
import { parseSigningConfig } from '../../server/config.ts';
import { readEnvironment } from '../../server/environment.ts';
import { answer } from './output.ts';
import { pemLine } from './pem-line.ts';

/** `rescind public-key`: prints exactly `JWT_PUBLIC_KEYS="<value>"`, the public key of JWT_PRIVATE_KEY. */
export function publicKeyCommand(): Command {
  return new Command('public-key')
    .description('print the JWT_PUBLIC_KEYS that belongs to JWT_PRIVATE_KEY, ready for .env')
    .action(() => {
      const config = parseSigningConfig(readEnvironment(process.cwd(), process.env));
      const line = pemLine('JWT_PUBLIC_KEYS', publicPemOf(config.JWT_PRIVATE_KEY));
      answer(line);
    });
}
