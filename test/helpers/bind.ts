import type { Caller } from '../../lib/caller.ts';
import type { UseCase } from '../../lib/use-case.ts';

/** Binds a use case to its dependencies, without a deadline and without checks of its arguments. */
export function bind<Deps, Input, Output>(
  story: (deps: Deps, input: Input, caller: Caller) => Promise<Output>,
  deps: NoInfer<Deps>,
): UseCase<Input, Output> {
  return (input, caller) => story(deps, input, caller);
}
