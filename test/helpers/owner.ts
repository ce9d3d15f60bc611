import type { ExecutionContext } from 'ava';

/** Who ends what a helper starts: a test, or a part of `npm run proof`. */
export type Owner = Pick<ExecutionContext, 'teardown'>;
