import type { UseCase } from '../deadline.ts';
import type { DailyCounts, DayCounts } from '../store/daily-counts.ts';
import type { EntryCounts } from '../store/revocation-counts.ts';

export interface StatsParts {
  readonly dailyCounts: Pick<DailyCounts, 'last'>;
  readonly countEntries: () => Promise<EntryCounts>;
}

export interface StatsInput {
  /** How many days, up to and with today by UTC, 1 to 90. Default 7. */
  readonly days?: number | undefined;
}

export interface Stats {
  /** The newest first. Servers write what they counted every 10 seconds. */
  readonly days: readonly DayCounts[];
  /** What `revoked_tokens` holds now. Counting stops at 250,000 of a kind, or after a second. */
  readonly revokedTokens: EntryCounts;
}

export type ReadStats = UseCase<StatsInput, Stats>;

export const MOST_DAYS = 90;
const USUAL_DAYS = 7;

/** What happened in the last days, and how much is revoked now. AuthError `store_unavailable`. */
export function createReadStats({ dailyCounts, countEntries }: StatsParts): ReadStats {
  return async function readStats({ days = USUAL_DAYS }) {
    if (!(Number.isInteger(days) && days >= 1 && days <= MOST_DAYS)) {
      throw new TypeError(`"days" must be a whole number from 1 to ${MOST_DAYS}`);
    }
    const [counts, revokedTokens] = await Promise.all([dailyCounts.last(days), countEntries()]);
    return { days: counts, revokedTokens };
  };
}
