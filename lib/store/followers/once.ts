/** Creates a promise that is settled from outside. Only the first call of `resolve` counts. */
export function createOnce<T>() {
  let resolve: (value: T | Promise<T>) => void = () => undefined;
  const value = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { value, resolve };
}
