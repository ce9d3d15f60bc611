/** Thrown for a wrong configuration. The message lists every problem and contains no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  /** Creates an error whose message lists the problems, then the hints. */
  constructor(problems: readonly string[], hints: readonly string[] = []) {
    const count = problems.length === 1 ? 'One setting is' : `${problems.length} settings are`;
    super([`${count} wrong:`, ...problems.map((problem) => `  ${problem}`), ...hints].join('\n'));
    this.problems = problems;
  }
}
