/** A user as use cases return it: without the password hash. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly companyId: string;
  readonly roles: readonly string[];
  readonly disabled: boolean;
}
