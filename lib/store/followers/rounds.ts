/** The shortest and the longest pause between two rounds, in milliseconds. */
const PAUSE = { least: 1, most: 20 };

/** Factor by which each pause is longer. The work is then late by a fifth of the time that it was waited for, or less. */
const GROWTH = 1.25;

/** Repeats work while it is needed, with pauses that become longer each time, until `wake` is called again. */
export function createRounds(isNeeded: () => boolean, work: () => Promise<void>) {
  const pause = createPause();
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    while (isNeeded()) {
      await work();
      if (isNeeded()) await pause.take();
    }
    isRunning = false;
  }

  return {
    /** Starts the work, or ends the pause before it is repeated. */
    wake(): void {
      pause.end();
      if (!isRunning) void run();
    },
  };
}

function createPause() {
  let length = PAUSE.least;
  let endCurrent = () => {};

  return {
    take: (): Promise<void> =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, length);
        length = Math.min(GROWTH * length, PAUSE.most);
        endCurrent = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    /** Ends the current pause. The next one is short again. */
    end(): void {
      length = PAUSE.least;
      endCurrent();
    },
  };
}
