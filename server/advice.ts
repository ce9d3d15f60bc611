import type { Remedy } from '../lib/errors.ts';

/** Advice to generate a secret. For a private key, append ` -- --key` and an algorithm. */
export const GENERATE_NEW = 'Generate a new one with: npm run -s generate-secret';

/** Maps each remedy code of the library to advice: a command, a setting or a page of this server. */
export const ADVICE: Readonly<Record<Remedy, string>> = {
  migrate: 'Run: npm run migrate',
  plan_migration: 'Run: npm run migrate -- --check',
  migrate_after_restore: 'If MONGODB_URI is right, run: npm run migrate -- --after-restore',
  grant_access: 'See docs/privileges.md',
  set_password: 'Run: npm run user:set-password',
  replace_HS256_key: `Replace JWT_SECRET_KEY. ${GENERATE_NEW}`,
  replace_EdDSA_key: `Replace JWT_PRIVATE_KEY. ${GENERATE_NEW} -- --key EdDSA`,
  replace_RS256_key: `Replace JWT_PRIVATE_KEY. ${GENERATE_NEW} -- --key RS256`,
};

/** Returns the message of an error or a failed check. If a remedy is given, appends the advice for this remedy. */
export function withAdvice({ message, remedy }: { message: string; remedy?: unknown }): string {
  const [, advice] = Object.entries(ADVICE).find(([code]) => code === remedy) ?? [];
  return advice === undefined ? message : `${message}. ${advice}`;
}
