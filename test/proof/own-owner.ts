import { createCleanups } from '../../scripts/dev/cleanups.ts';
import type { Scope } from '../helpers/scope.ts';

/** Ends what was started in its name, the last thing first, once it is told to. */
export interface OwnOwner extends Scope {
  end(): Promise<void>;
}

/** An owner within another one, for what ends earlier. */
export function createOwner(within?: Scope): OwnOwner {
  const cleanups = createCleanups();
  within?.teardown(() => cleanups.run());
  return {
    teardown: (undo) => cleanups.add(async () => undo()),
    end: () => cleanups.run(),
  };
}
