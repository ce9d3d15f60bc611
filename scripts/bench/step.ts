/** A piece of the bench's work. What it finds, it leaves in the `Collected` it was made with. */
export interface Step {
  readonly title: string;
  /** About how long it takes: what the time left is told by. */
  readonly seconds: number;
  perform(): Promise<void>;
}

/** How long all of them take, in seconds, about. */
export function secondsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { seconds }) => sum + seconds, 0);
}
