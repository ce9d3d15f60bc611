import { Command } from 'commander';
import { toPublicPem } from '../../lib/tokens/keys/key-pair.ts';
import { parseSigningConfig } from '../../server/config/config.ts';
import { readEnvironment } from '../../server/config/env.ts';
import { printResult } from './output.ts';
import { pemLine } from './pem-line.ts';

/** Prints one line for .env: `JWT_PUBLIC_KEYS="<value>"` with the public key of JWT_PRIVATE_KEY. */
export function publicKeyCommand(): Command {
  return new Command('public-key')
    .description('print the JWT_PUBLIC_KEYS of JWT_PRIVATE_KEY, ready for .env')
    .action(() => {
      const config = parseSigningConfig(readEnvironment(process.cwd(), process.env));
      printResult(pemLine('JWT_PUBLIC_KEYS', toPublicPem(config.JWT_PRIVATE_KEY)));
    });
}
