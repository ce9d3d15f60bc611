import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { readUnverifiedSession } from '../../lib/tokens/refresh-tokens.ts';
import { readUnverifiedToken, type UnverifiedToken } from '../../lib/tokens/unverified-token.ts';
import { EXIT } from '../../server/exit-codes.ts';
import { CommandFailed } from './command-failed.ts';

/** Far more than any token has, in bytes. */
const MOST_READ = 16 * 1024;

/** What the token in the file says of itself, unverified: an access token, or a refresh token's session. CommandFailed. */
export async function readToken(file: string): Promise<UnverifiedToken | { sessionId: string }> {
  const text = (await readText(file)).trim();
  const accessToken = readUnverifiedToken(text);
  if (accessToken !== undefined) return accessToken;
  const sessionId = readUnverifiedSession(text);
  if (sessionId !== undefined) return { sessionId };
  throw refusal('There must be one access token or refresh token, as issued, and nothing else.');
}

async function readText(file: string): Promise<string> {
  try {
    return await readStart(file === '-' ? process.stdin : createReadStream(file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    throw refusal(`The file with the token cannot be read (${code}).`);
  }
}

/** A file may be endless; what goes on beyond this holds no token. */
async function readStart(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MOST_READ) break;
  }
  return Buffer.concat(chunks).toString();
}

function refusal(message: string): CommandFailed {
  return new CommandFailed(`Nothing was revoked. ${message}`, EXIT.failed);
}
