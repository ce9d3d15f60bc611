/** The user that `npm run dev` creates in its own MongoDB, and in no other, because the password is public. */
export const devUser = {
  email: 'john.doe@testcompany.com',
  password: 'testpassword123',
  company: 'testcompany',
  name: 'John Doe',
};
