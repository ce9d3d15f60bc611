/** Undoes what has been started, the last thing first. */
export interface Cleanups {
  add(undo: () => Promise<unknown>): void;
  run(): Promise<void>;
}

/** An empty list. One undo that fails does not keep the others from being run. */
export function createCleanups(): Cleanups {
  const undos: (() => Promise<unknown>)[] = [];
  return {
    add: (undo) => void undos.push(undo),
    async run() {
      for (let undo = undos.pop(); undo; undo = undos.pop()) await undo().catch(() => {});
    },
  };
}
