/** Who can log in on a fresh `npm run dev`. Known to everyone, so never made in a database of others. */
export const devUser = {
  email: 'john.doe@testcompany.com',
  password: 'testpassword123',
  company: 'testcompany',
  name: 'John Doe',
};
