/** Exit codes of the commands and the server, after sysexits.h where it has a name. */
export const EXIT = {
  ok: 0,
  /** A failure that the message explains: a difference, a conflict, a duplicate. */
  failed: 1,
  /** EX_USAGE: the command line is wrong. */
  usage: 64,
  /** EX_UNAVAILABLE: the database cannot be reached. */
  unavailable: 69,
  /** EX_IOERR: the result of the command cannot be written to standard output. */
  output: 74,
  /** EX_CONFIG: the configuration is wrong, or the database is not migrated. */
  config: 78,
  /** Interrupted by Ctrl-C, as shells report it. */
  interrupted: 130,
} as const;
