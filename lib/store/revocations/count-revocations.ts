import type { DailyCounters } from '../records/daily-counters.ts';
import type { Revocations } from './revocations.ts';
import type { RevocationWrites } from './writes.ts';

/** Wraps the writes of revocations, so that each write is counted after a majority has acknowledged it. */
export function countRevocations(
  revocations: Revocations,
  { increment }: Pick<DailyCounters, 'increment'>,
): Revocations {
  const counted =
    <Input, Output>(write: (input: Input) => Promise<Output>) =>
    async (input: Input): Promise<Output> => {
      const output = await write(input);
      increment('revocations');
      return output;
    };
  const writes: RevocationWrites = {
    revokeToken: counted(revocations.revokeToken),
    revokeTokenAndSession: counted(revocations.revokeTokenAndSession),
    revokeSessions: counted(revocations.revokeSessions),
    acknowledgeEarlier: revocations.acknowledgeEarlier, // revokes nothing
    revokeUser: counted(revocations.revokeUser),
    revokeEveryone: counted(revocations.revokeEveryone),
    revokeKey: counted(revocations.revokeKey),
    revokeClient: counted(revocations.revokeClient),
  };
  return { ...revocations, ...writes };
}
