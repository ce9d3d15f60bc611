import test from 'ava';
import { type Deployment, openDeployment } from './deployment.ts';
import { assertHolds, type Race } from './race.ts';
import {
  doubleRefresh,
  meAndLogout,
  refreshAndLogout,
  refreshAndRevokeAll,
} from './session-races.ts';

const holds = test.macro((t, race: Race<Deployment>) =>
  assertHolds(t, { race, open: openDeployment }),
);

test(
  'Refresh × refresh: of two with one token one rotates, and both get the same successor',
  holds,
  doubleRefresh,
);

test(
  'Refresh × revoke-all: whoever comes first, nothing of the session lives once the revocation is answered',
  holds,
  refreshAndRevokeAll,
);

test(
  'Refresh × logout: whoever comes first, nothing of the session lives once the revocation is answered',
  holds,
  refreshAndLogout,
);

test(
  'Me × logout: a request that begins after the logout was answered is never accepted',
  holds,
  meAndLogout,
);
