import { answerOf, isOfMongoDb } from '../../lib/error-without-data.ts';
import { StoreNotReady, type StoreUnavailable } from '../../lib/errors.ts';
import { whyUnreachable } from '../../lib/store/why-unreachable.ts';

/** Describes in a sentence why the database was not reached, or what it refused. */
export function describeStoreError(error: StoreUnavailable): string {
  const { message, cause } = error;
  if (error instanceof StoreNotReady || !(cause instanceof Error)) return message;
  const unreachable = whyUnreachable(cause);
  if (unreachable !== undefined) return unreachable;
  return isOfMongoDb(cause) ? describeMongoError(cause) : `${message}: ${cause.message}`;
}

/** Names an error of MongoDB's. Its own messages repeat the command, and the values of a key that was there twice. */
export function describeMongoError(error: Error): string {
  if ('code' in error) return answerOf(error);
  return `MongoDB did not answer: ${error.name}. Is it running, and is MONGODB_URI right?`;
}
