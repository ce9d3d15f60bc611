/** Matches what a terminal could take for a command, or a reader for the end of a column or a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Replaces control characters by `?`. */
export function toPrintable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '?');
}

const GAP = '  ';

/**
 * Formats rows as lines: for a terminal in aligned columns under a header, else separated by tabs and without one. Control
 * characters become `?`.
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  isTerminal: boolean,
): readonly string[] {
  const clean = rows.map((row) => row.map(toPrintable));
  if (!isTerminal || rows.length === 0) return clean.map((row) => row.join('\t'));
  const all = [header, ...clean];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}
