/** Functions that undo what a script has started. They run in reverse order. */
export interface Cleanups {
  add(undo: () => Promise<unknown>): void;
  run(): Promise<void>;
}

/** Creates an empty list of cleanups. Every cleanup runs, even if another one fails. */
export function createCleanups(): Cleanups {
  const undos: (() => Promise<unknown>)[] = [];
  return {
    add: (undo) => void undos.push(undo),
    async run() {
      for (let undo = undos.pop(); undo; undo = undos.pop()) await undo().catch(() => {});
    },
  };
}
