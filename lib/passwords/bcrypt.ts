import * as bcryptjs from 'bcryptjs';

/** The bcrypt functions of a password thread. Both block the thread until they return. */
export interface Bcrypt {
  hashSync(password: string, cost: number): string;
  compareSync(password: string, hash: string): boolean;
}

/** The functions of bcryptjs, a dependency that is always installed. */
export const portable: Bcrypt = bcryptjs;

/** Returns the optional peer `bcrypt`, which is about 1.4 times as fast; undefined if it cannot be loaded. */
export async function native(): Promise<Bcrypt | undefined> {
  try {
    const { hashSync, compareSync } = (await import('bcrypt')).default;
    // PHP writes `$2b$` as `$2y$`. The native module accepts only `$2b$`, so the prefix is replaced.
    const check = (password: string, hash: string) =>
      compareSync(password, hash.replace(/^\$2y\$/, '$2b$'));
    return { hashSync, compareSync: check };
  } catch {
    return undefined; // callers fall back to bcryptjs
  }
}
