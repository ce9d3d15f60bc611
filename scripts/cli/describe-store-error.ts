import { describeMongoCode, isMongoError } from '../../lib/error-without-data.ts';
import type { StoreUnavailable } from '../../lib/errors.ts';
import { UNANSWERED } from '../../lib/store/mongo/database.ts';

/** Explains why the database is unavailable. Includes the cause if the message is UNANSWERED, which names no reason. */
export function describeStoreError(error: StoreUnavailable): string {
  const { message, cause } = error;
  if (message !== UNANSWERED || !(cause instanceof Error)) return message;
  return isMongoError(cause) ? describeMongoError(cause) : `${message}: ${cause.message}`;
}

/** Describes a MongoDB error without its message, which may contain the command or values. */
export function describeMongoError(error: Error): string {
  if ('code' in error) return describeMongoCode(error);
  return `MongoDB did not answer: ${error.name}. Is it running, and is MONGODB_URI right?`;
}
