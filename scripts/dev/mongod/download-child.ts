/**
 * Downloads a mongod into the folder given as argument. fetch-download.ts runs this file as a process.
 * The last line of standard output is the path of the mongod. After a failure, the last line of standard
 * error is the reason. Variables named MONGOMS_… can set the version, the mirror and the platform.
 */
const downloadDir = process.argv[2];
if (!downloadDir) throw new TypeError('the folder to download into is missing');
try {
  // An optional peer dependency, which is needed only if no other mongod is found.
  const { MongoBinary } = await import('mongodb-memory-server-core');
  process.stdout.write(`\n${await MongoBinary.getPath({ downloadDir })}\n`);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing = code === 'ERR_MODULE_NOT_FOUND';
  const reason = isMissing
    ? 'it is not installed (npm install mongodb-memory-server-core)'
    : message;
  process.stderr.write(`\n${reason.replaceAll('\n', ' ')}\n`);
  process.exit(1); // with process.exitCode, Node would wait for open connections of the failed download
}
