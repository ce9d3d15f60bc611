/** An expected end of the script; its message is all that the user sees. */
export class ExitError extends Error {
  override name = 'ExitError' as const;
  /** The exit code: one of EXIT, or that of a child. */
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
