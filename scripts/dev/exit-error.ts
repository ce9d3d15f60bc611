/** An end of the script that is explained to its user; its message is all they see. */
export class ExitError extends Error {
  override name = 'ExitError' as const;
  /** What the process exits with: one of EXIT, or what a child has ended with. */
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
