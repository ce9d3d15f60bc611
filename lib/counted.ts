import type { UseCase } from './deadline.ts';
import { AuthError, type AuthErrorCode, StoreUnavailable } from './errors.ts';
import type { DailyCountName, DailyCounts } from './store/daily-counts.ts';

/** The use case, with revoked tokens that it refuses and failures of the database counted. */
export function withCounts<Input, Output>(
  useCase: UseCase<Input, Output>,
  { add }: Pick<DailyCounts, 'add'>,
): UseCase<Input, Output> {
  return async function counted(input, caller) {
    try {
      return await useCase(input, caller);
    } catch (error) {
      const name = countOf(error);
      if (name !== undefined) add(name);
      throw error;
    }
  };
}

const REVOKED: ReadonlySet<AuthErrorCode> = new Set([
  'token_revoked',
  'user_tokens_revoked',
  'refresh_token_revoked',
]);

function countOf(error: unknown): DailyCountName | undefined {
  if (error instanceof StoreUnavailable) return 'store_failures';
  return error instanceof AuthError && REVOKED.has(error.code) ? 'refused_revoked' : undefined;
}
