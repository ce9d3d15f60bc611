/** Codes of errors of an election, a shutdown or the network, which a retry may resolve. */
export const TRANSIENT_CODES: readonly number[] = [
  6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
];
