import { type Answer, sendAs } from '../helpers/server.ts';
import type { World } from './world.ts';

/** A request that is answered well, and what has to be true after that. */
export interface GoodRequest {
  /** As in the route table; several requests may be to one route. */
  readonly route: string;
  /** What sets it apart from the other requests to its route. */
  readonly note?: string;
  /** It has a password checked, which takes its time. */
  readonly takesPassword?: boolean;
  /** It reaches every user there is, and needs a database of its own. */
  readonly isForEveryone?: boolean;
  /** Does to the world what has to be done before. */
  prepare?(world: World): Promise<unknown>;
  ask(url: string, world: World): Promise<Answer>;
  /** What it is answered where nothing fails, as `toldOf` has it. */
  readonly good: string;
  /** What else it may be answered when it is sent again. */
  readonly again?: readonly string[];
  /** Access tokens that no server accepts once it has been answered well. */
  dead?(world: World): readonly string[];
  /** Access tokens that have to be accepted all the time. */
  live?(world: World): readonly string[];
  /** What else has to be so in the end: sentences on what is not. */
  check?(url: string, world: World): Promise<readonly string[]>;
}

/** An answer in a word or two: its status, and what distinguishes it from others with that status. */
export function toldOf({ status, body }: Answer): string {
  const word = body.code ?? body.error ?? (body.active === undefined ? undefined : body.active);
  return word === undefined ? String(status) : `${status} ${word}`;
}

/** What is answered to whom has revoked the very token that is sent again. */
export const ALL_REVOKED = ['401 user_tokens_revoked'];

export const mine = ({ asker }: World) => [asker.tokens.access];
export const myOther = ({ asker }: World) => [asker.second.access];
export const bothOfMine = (world: World) => [...mine(world), ...myOther(world)];
export const bothOfAnother = ({ other }: World) => [other.tokens.access, other.second.access];
export const allButMine = (world: World) => [...myOther(world), ...bothOfAnother(world)];
export const allButMyOther = (world: World) => [...mine(world), ...bothOfAnother(world)];
export const everyone = (world: World) => [...bothOfMine(world), ...bothOfAnother(world)];

export const asAsker =
  (method: string, path: string | ((world: World) => string)) => (url: string, world: World) =>
    sendAs(
      world.asker.tokens.access,
      url + (typeof path === 'string' ? path : path(world)),
      method,
    );
