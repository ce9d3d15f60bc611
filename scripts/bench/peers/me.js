/** What the token does not say, where no user is loaded: about as long as a real user's. */
const nobody = {
  email: 'john.doe@testcompany.com',
  name: 'John Doe',
  company_id: 'testcompany',
  roles: [],
};

/** The body of GET /api/auth/me; `user` is a document of `users`. */
export function me({ sub, sid }, user = nobody) {
  const { email, name, company_id, roles } = user;
  return { id: sub, email, name, company_id, roles, session_id: sid };
}
