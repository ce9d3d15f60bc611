/** Handles every item once, `count` of them at a time. After an error it begins with no other. */
export async function runWorkers<T>(
  count: number,
  items: readonly T[],
  handle: (item: T, worker: number) => Promise<void>,
): Promise<void> {
  const left = [...items];
  async function work(worker: number): Promise<void> {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      await handle(item, worker);
    }
  }
  await Promise.all(Array.from({ length: count }, (_, index) => work(index + 1))).finally(() => {
    left.length = 0;
  });
}
