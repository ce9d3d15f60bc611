/** Takes the first fault of work that goes on elsewhere; `failed` only ever rejects, with that. */
export interface Failure {
  readonly fail: (error: Error) => void;
  readonly failed: Promise<never>;
}

export function createFailure(): Failure {
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // whoever waits for it hears of it
  return { fail, failed };
}
