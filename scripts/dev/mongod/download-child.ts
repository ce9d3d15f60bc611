/**
 * Run as a process of its own by fetch-download.ts: downloads a mongod into the folder given as
 * argument. The last line it prints is the path, or after a failure the reason. Which version,
 * mirror or platform is meant may be told by the package's own MONGOMS_ variables.
 */
import { MongoBinary } from 'mongodb-memory-server-core';

const downloadDir = process.argv[2];
if (!downloadDir) throw new TypeError('the folder to download into is missing');
try {
  process.stdout.write(`\n${await MongoBinary.getPath({ downloadDir })}\n`);
} catch (error) {
  process.stderr.write(`\n${(error as Error).message.replaceAll('\n', ' ')}\n`);
  process.exit(1); // not exitCode: a connection of the failed download may still be open
}
