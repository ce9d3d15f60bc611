/** How commands and the server end, for scripts to read (sysexits.h where it has a name). */
export const EXIT = {
  ok: 0,
  /** Something is wrong that the message tells: a difference, a conflict, a duplicate. */
  failed: 1,
  /** EX_USAGE: the command line is wrong. */
  usage: 64,
  /** EX_UNAVAILABLE: the database cannot be reached. */
  unavailable: 69,
  /** EX_IOERR: standard output cannot be written, and what was to be there is what the command is for. */
  output: 74,
  /** EX_CONFIG: the configuration is wrong, or the database is not migrated. */
  config: 78,
  /** Stopped by Ctrl-C, as shells have it. */
  interrupted: 130,
} as const;
