import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  readUnverifiedToken,
  type UnverifiedToken,
} from '../../lib/tokens/access/unverified-token.ts';
import { readUnverifiedSession } from '../../lib/tokens/refresh/refresh-tokens.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CliError } from './cli-error.ts';

/** Number of bytes after which the rest of a file is not read. Every token is much shorter. */
const MAX_READ = 16 * 1024;

/** Reads an access token, or the session id of a refresh token, from a file. Does not verify the token. */
export async function readToken(file: string): Promise<UnverifiedToken | { sessionId: string }> {
  const text = (await readText(file)).trim();
  const accessToken = readUnverifiedToken(text);
  if (accessToken !== undefined) return accessToken;
  const sessionId = readUnverifiedSession(text);
  if (sessionId !== undefined) return { sessionId };
  throw refusal('The file must contain exactly one access token or refresh token, as issued.');
}

async function readText(file: string): Promise<string> {
  try {
    return await readStart(file === '-' ? process.stdin : createReadStream(file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw refusal(`The file with the token cannot be read (${code}).`);
  }
}

/** Reads only about MAX_READ bytes of a stream, because the stream may be endless. */
async function readStart(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_READ) break;
  }
  return Buffer.concat(chunks).toString();
}

function refusal(message: string): CliError {
  return new CliError(EXIT.failed, `Nothing was revoked. ${message}`);
}
