/** Creates a promise that is settled from outside. Only the first call counts. */
export function createOnce<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const value = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { value, resolve, reject };
}
