import { createCleanups } from '../../scripts/dev/cleanups.ts';
import type { Scope } from '../helpers/scope.ts';

export interface InnerScope extends Scope {
  end(): Promise<void>;
}

/** Opens a scope that ends by `end`, or else with the outer one. Undoes the newest first. */
export function openScope(outer: Scope): InnerScope {
  const cleanups = createCleanups();
  outer.teardown(() => cleanups.run());
  return {
    teardown: (undo) => cleanups.add(async () => undo()),
    end: () => cleanups.run(),
  };
}
