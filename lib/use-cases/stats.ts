import { assertInteger } from '../assert.ts';
import type { DailyCounters, DayCounts } from '../store/records/daily-counters.ts';
import type { EntryCounts } from '../store/revocations/counts.ts';

export interface StatsDeps {
  readonly dailyCounters: Pick<DailyCounters, 'last'>;
  readonly countEntries: () => Promise<EntryCounts>;
}

export interface StatsInput {
  /** The number of days (UTC), today included, 1 to 90. Default 7. */
  readonly days?: number | undefined;
}

export interface Stats {
  /** The counts of each day, newest first. Servers flush counts every 10 seconds, so the latest may be missing. */
  readonly days: readonly DayCounts[];
  /** The entries in `revoked_tokens` now. Counting stops at 250,000 of a kind, or after a second. */
  readonly revokedTokens: EntryCounts;
}

export const MOST_DAYS = 90;
const USUAL_DAYS = 7;

/** Reads the counts of the last days, and counts the revoked tokens. Rejects with AuthError `store_unavailable`. */
export async function stats(
  { dailyCounters, countEntries }: StatsDeps,
  { days = USUAL_DAYS }: StatsInput,
): Promise<Stats> {
  assertInteger('days', days, 1, MOST_DAYS);
  const [counts, revokedTokens] = await Promise.all([dailyCounters.last(days), countEntries()]);
  return { days: counts, revokedTokens };
}
