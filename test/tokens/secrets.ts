/** The rules of design section 4 by name. The test knows each one's phrase. */
export type RuleName = 'empty' | 'short' | 'few' | 'repeated' | 'published' | 'weak';

/** Refused, each with the rule that speaks. */
export const BAD_SECRETS: readonly { readonly value: string; readonly rule: RuleName }[] = [
  { value: '', rule: 'empty' },
  { value: '   ', rule: 'empty' },
  { value: '\t\r\n', rule: 'empty' },
  { value: '\u00a0\ufeff', rule: 'empty' },

  { value: 'x', rule: 'short' },
  { value: 'secret', rule: 'short' },
  { value: 'changeme', rule: 'short' },
  { value: 'your-256-bit-secret', rule: 'short' },
  { value: 'Tr0ub4dor&3', rule: 'short' },
  { value: '5f4dcc3b5aa765d61d8327deb882cf9', rule: 'short' },
  { value: `${' '.repeat(20)}kV9xQ2mZ7pL4${' '.repeat(20)}`, rule: 'short' },
  // 31 characters in 62 UTF-16 units and 124 bytes.
  { value: '🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆🦅🦉🦇🐺🐗🐴🦄🐝🐛🦋🐌🐞🐜🦗🕷🦂', rule: 'short' },

  { value: 'a'.repeat(64), rule: 'few' },
  { value: '0'.repeat(32), rule: 'few' },
  { value: '01'.repeat(20), rule: 'few' },
  { value: '1101000111010010110100101101001011', rule: 'few' },
  { value: 'deadbeef'.repeat(8), rule: 'few' },
  { value: 'passpasspasspasspasspasspassword', rule: 'few' },
  { value: 'ATGCGATTACAGGCTTAACGTAGCATCGATTACGGCAT', rule: 'few' },

  { value: 'k3Jx9QpLw2Zt'.repeat(3), rule: 'repeated' },
  { value: 'c0rrectHorseBatt'.repeat(2), rule: 'repeated' },
  { value: 'Zq8!vR2#nM5$'.repeat(3).slice(0, 32), rule: 'repeated' },
  { value: '0123456789abcdef'.repeat(4), rule: 'repeated' },
  { value: '1234567890'.repeat(4), rule: 'repeated' },
  { value: 'mysecretkey-2024'.repeat(2), rule: 'repeated' },
  // 16 characters in 32 UTF-16 units.
  { value: '🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆🦅'.repeat(2), rule: 'repeated' },

  { value: 'abcdef123456_random_secure_string_here', rule: 'published' },
  { value: 'ABCDEF123456_RANDOM_SECURE_STRING_HERE', rule: 'published' },
  {
    value: '  09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7\n',
    rule: 'published',
  },
  { value: 'a-string-secret-at-least-256-bits-long', rule: 'published' },

  { value: 'your-secret-key-your_secret_key-mysecretkey', rule: 'weak' },
  { value: 'Development-Secret-Password-ChangeMe-Test', rule: 'weak' },
  { value: 'abcdefghijklmnopqrstuvwxyz0123456789', rule: 'weak' },
  { value: 'zyxwvutsrqponmlkjihgfedcba9876543210', rule: 'weak' },
  { value: 'aaabbbcccdddeeefffggghhhiiijjjkkklll', rule: 'weak' },
  { value: 'test-password-1234567890-changeme!', rule: 'weak' },
  { value: 'AbCdEfGhIjKlMnOpQrStUvWxYz012345', rule: 'weak' },
  { value: 'my-super-secret-development-password', rule: 'weak' },
  { value: 'jwt_secret_test_key_please_changeme', rule: 'weak' },
  { value: 'SECRET!SECRET?SECRET.SECRET,SECRET;SECRET:', rule: 'weak' },
];

/** Accepted. None is used anywhere. */
export const GOOD_SECRETS: readonly string[] = [
  // openssl rand -hex 32, -base64 32, -hex 16, -base64 48
  'b7e23ec29af22b0b4e41da31e868d57226121c84a1f0e5c97d3be0486fa91752',
  'Qm7sVx0cZ9dR1uKpLf3TtYy8nHaWbE5iJgOo2Xv6C4k=',
  '9c1e7f04b8a3d25661f0c7e8b94d3a2f',
  'u5Wq0Zb3RkXo9tYpD1mSa7HfLc2vNj8EgTi4KxQrUyBw6PzMhCdAeVsGlOnJ5F1I',
  // rescind generate-secret, also with 64 bytes
  'pV3-KxTq9_Zc0RmWb5yLhE7uNsAo2GdJf8iQ1CtUv4w',
  'h2Xw_9LrQe5TzN0bVk7Y-uMf3JcGsP8aDiO1tRq6WnEyHxKv4mZ0BjUl2CpSg9oAdF7IrTeY5wXqNb3LkVhMz8',
  // A password manager's, with and without signs.
  'f9#Tq!2vL@8zR$5mW^1xK&7pJ*3cN?6b',
  'GmT4wKz9RbXe2LqVn7YcHs5PfJd8UaQt',
  // Words drawn by dice.
  'velvet-anchor-mustard-quilt-harpoon-ninth',
  'orbit Lantern pickle wharf Juniper gusto',
  'staple.ferry.oxbow.glimmer.tundra.kiosk.vow',
  // Two UUIDs, and one with a salt.
  '3f2b8c1e-7d4a-4e9b-a6c5-0d1f8e7b9a26c58d0f4e-91b3-4a7c-8e2d-6f5a0b3c9d17',
  '8d1f6e0b-52c7-4b39-9ea4-d07c3b8f1562/Lq7w',
  // Long enough although a weak word or a run is in it.
  'test-Vx0cZ9dR1uKpLf3TtYy8nHaWbE5iJg',
  'K9fQ-secret-2mWz7LpXv4TnRb8YcJs1Hd6G',
  'Zp4abcWq8Lx111Nv5Rt0Yk7Mh2Jd9Gs3Fb6Tc',
  'password:nB7kQx2ZfW9tLr4VyM8cHj1S',
  // White space around is not part of it.
  '\n  R8xq2LwZ7vTn5KbYc0MhJs9PfGd3Ua6E  \r\n',
  // Other alphabets: 32 characters, whatever their bytes.
  'Жёлтый-кит_пьёт+чай&ночью=под№7луной',
  '🦊🐻🎲🐨🚀🦁🌵🐷🎸🐵🍕🐧🧲🐤🪐🦅🧊🦇🎯🐗🧵🦄🔭🐛🪁🐌🧭🐜🎻🕷🪴🦂',
];
