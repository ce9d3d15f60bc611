/** Faults of a replica set of three. */
import { setTimeout as pause } from 'node:timers/promises';
import { SECOND } from '../../lib/time.ts';
import { REPLICA_SET_FAULTS } from '../helpers/faults.ts';
import { ownReplicaSet } from '../helpers/set/replica-set.ts';
import { openDeployment } from './deployment.ts';
import { type Fault, type Manner, named, spell } from './fault.ts';

const MAX_STALENESS = 1_500;

/** How servers of a set are set, beside what all are. */
export const SET_SETTINGS = {
  MAX_STALENESS: `${MAX_STALENESS}ms`,
  PRIMARY_PROOF_INTERVAL: '300ms',
} as const;

const STRICT = { MAX_STALENESS: '0s' } as const;

/** Longer than an old primary believes in itself. */
const NOTICED: Manner['lasts'] = [3 * SECOND, 4 * SECOND];

export const setFaults: readonly Fault[] = [
  played('the primary cut off from the others', { name: 'cut-off-primary', lasts: NOTICED }),
  played('the primary cut off from the others', {
    name: 'cut-off-primary-strict',
    lasts: NOTICED,
    settings: STRICT,
  }),
  played('SIGSTOP of the primary', { name: 'freeze-primary', lasts: [0, SECOND] }),
  played('kill -9 of the primary', { name: 'kill-primary', lasts: [0, SECOND] }),
  played('step-down', { name: 'step-down', lasts: [0, 500] }),
];

function played(
  title: string,
  { lasts, settings = {}, ...rest }: Manner & { readonly settings?: Record<string, string> },
): Fault {
  const { strike, heal, stale = false } = named(REPLICA_SET_FAULTS, title);
  const isStrict = settings === STRICT;
  return {
    rounds: 30,
    ...rest,
    title: isStrict ? `${title}, with MAX_STALENESS=0s` : title,
    allowance: stale && !isStrict ? MAX_STALENESS : 0,
    async open(owner) {
      const set = await ownReplicaSet(owner);
      const { library, servers } = await openDeployment(owner, {
        uri: set.uri,
        settings: { ...SET_SETTINGS, ...settings },
      });
      let round = 0;
      return {
        library,
        servers,
        async strike() {
          // Now the one server and now the other is the first, which may be left with an old primary.
          const arena = { set, servers: round++ % 2 === 0 ? servers : servers.toReversed() };
          await strike(arena);
          await pause(spell(lasts));
          await heal(arena);
        },
      };
    },
  };
}
