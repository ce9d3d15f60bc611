import type { Paint } from './progress.ts';
import { devUser } from './user.ts';

/** Values in the banner. `ownUri` is the URI of the MongoDB that `npm run dev` started, if it started one. */
export interface BannerFacts {
  url: string;
  dataFolder: string;
  ownUri: string | undefined;
}

/**
 * Returns the text that `npm run dev` prints: commands that try the server, stop it and start afresh. The commands
 * contain no comments, because zsh rejects comments in pasted lines.
 */
export function banner({ url, dataFolder, ownUri }: BannerFacts, paint: Paint): string {
  const head = (text: string) => paint('bold', text);
  return [
    '',
    `${head('rescind is ready:')} ${paint('cyan', url)}`,
    '',
    head('Log in, read your user, log out, and see that the token is revoked:'),
    ...(ownUri ? [] : [`  ${userCreate()}`]),
    ...curlLines(url),
    '',
    `${head('Stop:')} Ctrl-C`,
    ...(ownUri
      ? [
          `${head('Start afresh:')} stop, then rm -rf ${dataFolder}`,
          `${head('Inspect the database:')} mongosh "${ownUri}"`,
        ]
      : []),
    '',
    '',
  ].join('\n');
}

function curlLines(url: string): string[] {
  const api = `${url}/api/auth`;
  const credentials = JSON.stringify({ email: devUser.email, password: devUser.password });
  const token = String.raw`sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p'`;
  const bearer = '-H "Authorization: Bearer $TOKEN"';
  const me = `curl -sw '\\n' ${api}/me ${bearer}`;
  return [
    `TOKEN=$(curl -s ${api}/login -H 'Content-Type: application/json' -d '${credentials}' | ${token})`,
    me,
    `curl -sw '\\n' -X POST ${api}/logout ${bearer}`,
    me,
  ].map((line) => `  ${line}`);
}

function userCreate(): string {
  const { email, password, company, name } = devUser;
  return `printf %s ${password} | npm run -s user:create -- --email ${email} --company ${company} --name "${name}" --if-absent --without-rules`;
}
