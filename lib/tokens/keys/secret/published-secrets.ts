/** A secret that is public, and the place where it is printed. */
export interface PublishedSecret {
  readonly value: string;
  readonly printedIn: string;
}

/**
 * Secrets that people copy from guides and examples. Each was found in public code, so an attacker tries it first.
 * Shorter published secrets are not listed, since they are refused for their length.
 */
export const PUBLISHED_SECRETS: readonly PublishedSecret[] = [
  {
    value: 'abcdef123456_random_secure_string_here',
    printedIn: 'set-up guide of a FastAPI and MongoDB project, as "output" of a generator',
  },
  {
    value: '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    printedIn: 'FastAPI tutorial, "OAuth2 with Password, Bearer with JWT tokens"',
  },
  { value: 'a-string-secret-at-least-256-bits-long', printedIn: 'jwt.io debugger, HS256' },
  { value: 'a-valid-string-secret-that-is-at-least-384-bits-long', printedIn: 'jwt.io, HS384' },
  {
    value: 'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
    printedIn: 'jwt.io debugger, HS512',
  },
  {
    value: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    printedIn: 'RFC 7515 appendix A.1, RFC 7517 appendix A.3',
  },
  { value: 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg', printedIn: 'RFC 7520 section 3.5' },
  {
    value: 'super-secret-jwt-token-with-at-least-32-characters-long',
    printedIn: 'Supabase CLI, local development',
  },
  {
    value: 'your-super-secret-jwt-token-with-at-least-32-characters-long',
    printedIn: 'Supabase self-hosting, docker/.env.example',
  },
  {
    value: 'your-super-secret-jwt-key-change-this-in-production',
    printedIn: 'README and .env.example of countless Express and MongoDB projects',
  },
  {
    value:
      'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
    printedIn: 'NestJS documentation, Authentication',
  },
  {
    value:
      'THIS IS USED TO SIGN AND VERIFY JWT TOKENS, REPLACE IT WITH YOUR OWN SECRET, IT CAN BE ANY STRING',
    printedIn: "Jason Watmore's JWT tutorials, Node.js and ASP.NET",
  },
  {
    value: '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970',
    printedIn: 'Spring Boot 3 JWT tutorials',
  },
  {
    value: '5367566B59703373367639792F423F4528482B4D6251655468576D5A71347437',
    printedIn: 'Spring Security JWT tutorials',
  },
  {
    value: '413F4428472B4B6250655368566D5970337336763979244226452948404D6351',
    printedIn: 'Spring Security JWT tutorials',
  },
  {
    value: '3cfa76ef14937c1c0ea519f8fc057a80fcd04a7420f8e8bcd0a7567c272e007b',
    printedIn: 'Spring Boot JWT tutorials, application.properties',
  },
  {
    value: '======================BezKoder=Spring===========================',
    printedIn: 'BezKoder, Spring Boot JWT tutorial',
  },
  {
    value: 'ByYM000OLlMQG6VVVp1OH7Xzyr7gHuw1qvUC5dcGt3SNM',
    printedIn: 'ASP.NET Core JWT tutorials',
  },
  {
    value: 'Yh2k7QSu4l8CZg5p6X3Pna9L0Miy4D3Bvt0JVr87UcOj69Kqw5R2Nmf4FWs03Hdx',
    printedIn: 'ASP.NET Core JWT tutorials, appsettings.json',
  },
  { value: 'reallyreallyreallyreallyverysafe', printedIn: 'PostgREST documentation and tests' },
  {
    value: '3EK6FD+o0+c7tzBNVfjpMkNDi2yARAAKzQlk8O2IKoxQu4nF7EdAh8s3TwpHwrdWT6R',
    printedIn: 'Hasura documentation, Authentication using JWT',
  },
  {
    value: '192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf',
    printedIn: 'Flask documentation, SECRET_KEY',
  },
  { value: 'hPRYyVRiMyxpw5sBB1XeCMN1kFsDCqKvBi2QJxBVHQk=', printedIn: 'Rocket guide, secret_key' },
  {
    value: '6116487b-cda1-52c2-b5b5-c8022c45e263',
    printedIn: 'Directus documentation, docker-compose SECRET',
  },
  {
    value: '255d861b-5ea1-5996-9aa3-922530ec40b1',
    printedIn: 'Directus documentation, docker-compose KEY',
  },
  {
    value: 'SecretKey012345678901234567890123456789012345678901234567890123456789',
    printedIn: 'Nacos, token.secret.key',
  },
  {
    value:
      'U2VjcmV0S2V5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5',
    printedIn: 'Nacos, NACOS_AUTH_TOKEN: the one above in base64',
  },
  {
    value: 'sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U',
    printedIn: 'Dify, docker/.env.example',
  },
  { value: 'edd1c9f034335f136f87ad84b625c8f1', printedIn: 'Apache APISIX, conf/config.yaml' },
  { value: 'CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET', printedIn: 'Apache Superset, config.py' },
  {
    value: 'better-auth-secret-12345678901234567890',
    printedIn: 'better-auth, the default in its source',
  },
  {
    value: 'complex_password_at_least_32_characters_long',
    printedIn: 'iron-session README',
  },
  { value: 'password-should-be-32-characters', printedIn: 'hapi cookie examples' },
  {
    value: 'averylogphrasebiggerthanthirtytwochars',
    printedIn: 'fastify-secure-session README, NestJS documentation',
  },
  {
    value: 'a secret with minimum length of 32 characters',
    printedIn: '@fastify/session README',
  },
  {
    value: '9a4f2c8d3b7a1e6f45c8a0b3f267d8b1d4e6f3c8a9d2b5f8e3a9c8b5f6v8a3d9',
    printedIn: 'Spring Boot and Quarkus JWT tutorials',
  },
];
