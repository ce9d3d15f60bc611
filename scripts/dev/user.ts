/** The user of a fresh `npm run dev`. Its password is public, so it is never created in another database. */
export const devUser = {
  email: 'john.doe@testcompany.com',
  password: 'testpassword123',
  company: 'testcompany',
  name: 'John Doe',
};
