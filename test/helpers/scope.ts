import type { ExecutionContext } from 'ava';

/** Ends what a helper started: a test, or a part of `npm run proof`. */
export type Scope = Pick<ExecutionContext, 'teardown'>;
