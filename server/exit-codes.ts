/** Exit codes of the commands and the server. The names that begin with EX_ are those of sysexits.h. */
export const EXIT = {
  ok: 0,
  /** A failure without a code of its own, such as a conflict or a duplicate. The message explains it. */
  failed: 1,
  /** EX_USAGE: the command line is wrong. */
  usage: 64,
  /** EX_UNAVAILABLE: the database cannot be reached. */
  unavailable: 69,
  /** EX_IOERR: the result of the command cannot be written to standard output. */
  output: 74,
  /** EX_CONFIG: the configuration is wrong, or the database is not migrated. */
  config: 78,
  /** Interrupted by Ctrl-C: the code that shells report for SIGINT. */
  interrupted: 130,
} as const;
