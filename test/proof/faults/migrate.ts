/** An operator ends every session with `migrate`, after data were lost or restored. */
import { rescind } from '../../helpers/processes.ts';
import type { Scope } from '../../helpers/scope.ts';
import type { Operation } from '../history.ts';

/** Returns a function that runs `rescind migrate` so, and records that it ended every session. */
export function prepareMigrate(scope: Scope, uri: string, ...options: readonly string[]) {
  return async function migrate(history: Operation[]): Promise<void> {
    const start = performance.now();
    const env = { MONGODB_URI: uri };
    const { code, stderr } = await rescind(scope, ['migrate', ...options], { env });
    if (code !== 0) throw new Error(stderr);
    const names = { client: 'library', server: 'library', user: 'everyone' };
    const answer = { status: 200 };
    history.push({ kind: 'revoke_everyone', ...names, start, end: performance.now(), answer });
  };
}
