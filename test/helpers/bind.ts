import type { Caller } from '../../lib/caller.ts';
import type { UseCase } from '../../lib/use-case.ts';

/** A use case as a function of its dependencies. */
type Story<Deps, Input, Output> = (deps: Deps, input: Input, caller: Caller) => Promise<Output>;

/** Binds a use case to its dependencies, without a deadline and without checks of its arguments. */
export function bind<Deps, Input, Output>(
  story: Story<Deps, Input, Output>,
  deps: NoInfer<Deps>,
): UseCase<Input, Output> {
  return (input, caller) => story(deps, input, caller);
}
