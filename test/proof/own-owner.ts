import { createCleanups } from '../../scripts/dev/cleanups.ts';
import type { Owner } from '../helpers/owner.ts';

/** Ends what was started in its name, the last thing first, once it is told to. */
export interface OwnOwner extends Owner {
  end(): Promise<void>;
}

/** An owner within another one, for what ends earlier. */
export function createOwner(within?: Owner): OwnOwner {
  const cleanups = createCleanups();
  within?.teardown(() => cleanups.run());
  return {
    teardown: (undo) => cleanups.add(async () => undo()),
    end: () => cleanups.run(),
  };
}
