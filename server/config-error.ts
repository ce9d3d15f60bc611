/** The configuration is wrong. The message tells every problem, and no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  /** The hints stand below the problems. */
  constructor(problems: readonly string[], hints: readonly string[] = []) {
    const count = problems.length === 1 ? 'One setting is' : `${problems.length} settings are`;
    super([`${count} wrong:`, ...problems.map((problem) => `  ${problem}`), ...hints].join('\n'));
    this.problems = problems;
  }
}
