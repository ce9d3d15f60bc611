/** Faults of a MongoDB of one node. */
import { setTimeout as pause } from 'node:timers/promises';
import { SECOND } from '../../lib/time.ts';
import { ONE_NODE_FAULTS, type OneNodeArena, type OneNodeFault } from '../helpers/faults.ts';
import { type OwnMongodOptions, proxiedMongod } from '../helpers/mongod.ts';
import type { Scope } from '../helpers/scope.ts';
import { type SmallDisk, smallDisk } from '../helpers/small-disk.ts';
import { openDeployment } from './deployment.ts';
import { type Fault, type Manner, NotHere, named, spell } from './fault.ts';

/** Nothing gets through, and nothing is closed. */
const silence: OneNodeFault = {
  name: 'silent connections',
  topology: 'one node',
  strike: async ({ mongod }) => mongod.proxy.treat(() => 'hole'),
  heal: async ({ mongod }) => mongod.proxy.treat(() => 'pass'),
};

const known = [...ONE_NODE_FAULTS, silence];

export const oneNodeFaults: readonly Fault[] = [
  played('kill -9 of mongod', { name: 'kill-mongod', rounds: 200, lasts: [0, 500] }),
  played('kill -9 of the server', { name: 'kill-server', lasts: [0, 500], mayBreakOff: true }),
  played('slow connections', { name: 'slow-connections', lasts: [2 * SECOND, 3 * SECOND] }),
  played('cut connections', { name: 'cut-connections', lasts: [2 * SECOND, 3 * SECOND] }),
  played('silent connections', { name: 'silent-connections', lasts: [0, 4 * SECOND] }),
  played('full disk', { name: 'full-disk', lasts: [0, 500] }),
];

function played(title: string, manner: Manner): Fault {
  const { strike, heal, needsSmallDisk = false } = named(known, title);
  const { lasts, ...rest } = manner;
  return {
    rounds: 30,
    ...rest,
    title,
    allowance: 0,
    async open(owner) {
      const disk = needsSmallDisk ? await ownDisk(owner) : undefined;
      const mongod = await proxiedMongod(owner, disk === undefined ? {} : livingOn(disk));
      const { library, servers } = await openDeployment(owner, { uri: mongod.uri });
      const arena: OneNodeArena = { mongod, servers, ...(disk && { disk }) };
      return {
        library,
        servers,
        async strike() {
          await strike(arena);
          await pause(spell(lasts));
          await heal(arena);
        },
      };
    },
  };
}

async function ownDisk(owner: Scope): Promise<SmallDisk> {
  const disk = await smallDisk(owner);
  if ('reason' in disk) throw new NotHere(disk.reason);
  return disk;
}

function livingOn({ folder, mongodArgs }: SmallDisk): OwnMongodOptions {
  return { dataFolder: folder, args: mongodArgs };
}
