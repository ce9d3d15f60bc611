/** The user that `npm run dev` creates, but only in a MongoDB that it started, because the password is public. */
export const devUser = {
  email: 'john.doe@testcompany.com',
  password: 'testpassword123',
  company: 'testcompany',
  name: 'John Doe',
};
