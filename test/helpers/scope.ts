import type { ExecutionContext } from 'ava';
import { createCleanups } from '../../scripts/dev/cleanups.ts';

/** Ends what a helper started: a test, or a part of `npm run proof`. */
export type Scope = Pick<ExecutionContext, 'teardown'>;

/** Opens a scope that ends by `end`, or else with the outer one if there is one. Undoes the newest first. */
export function openScope(outer?: Scope) {
  const cleanups = createCleanups();
  const end = () => cleanups.run();
  outer?.teardown(end);
  const scope: Scope = { teardown: (undo) => cleanups.add(async () => undo()) };
  return { ...scope, end };
}
