import { describeMongoCode, isMongoError } from '../../lib/error-without-data.ts';
import type { StoreUnavailable } from '../../lib/errors.ts';
import { UNANSWERED } from '../../lib/store/mongo/database.ts';

/** Describes in a sentence why the database cannot be reached, or which error it returned. */
export function describeStoreError(error: StoreUnavailable): string {
  const { message, cause } = error;
  if (message !== UNANSWERED || !(cause instanceof Error)) return message;
  return isMongoError(cause) ? describeMongoError(cause) : `${message}: ${cause.message}`;
}

/** Names an error of MongoDB. Its own message may quote the command and the values of a duplicate key. */
export function describeMongoError(error: Error): string {
  if ('code' in error) return describeMongoCode(error);
  return `MongoDB did not answer: ${error.name}. Is it running, and is MONGODB_URI right?`;
}
