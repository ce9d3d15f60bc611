import { type Answer, post } from '../helpers/server.ts';
import { PASSWORD } from '../helpers/users.ts';

export const NEW_PASSWORD = 'staple battery horse';

/** Changes the password, from an address as a proxy would report it. */
export function changePassword(
  url: string,
  token: string,
  { current = PASSWORD, next = NEW_PASSWORD, ip = '192.0.2.1' } = {},
): Promise<Answer> {
  const body = { current_password: current, new_password: next };
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': ip };
  return post(`${url}/api/auth/change-password`, body, headers);
}
