import { createHash } from 'node:crypto';

/** The rules of design section 4 by name. The test knows each one's phrase. */
export type RuleName =
  | 'empty'
  | 'short'
  | 'placeholder'
  | 'reference'
  | 'code'
  | 'repeated'
  | 'published'
  | 'weak'
  | 'hash'
  | 'guessable';

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

  { value: 'a'.repeat(64), rule: 'repeated' },
  { value: '0'.repeat(32), rule: 'repeated' },
  { value: '01'.repeat(20), rule: 'repeated' },
  { value: '1101000111010010110100101101001011', rule: 'guessable' },
  { value: 'deadbeef'.repeat(8), rule: 'repeated' },
  { value: 'passpasspasspasspasspasspassword', rule: 'guessable' },
  { value: 'ATGCGATTACAGGCTTAACGTAGCATCGATTACGGCAT', rule: 'guessable' },

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
  { value: 'abcdefghijklmnopqrstuvwxyz0123456789', rule: 'guessable' },
  { value: 'zyxwvutsrqponmlkjihgfedcba9876543210', rule: 'guessable' },
  { value: 'aaabbbcccdddeeefffggghhhiiijjjkkklll', rule: 'guessable' },
  { value: 'test-password-1234567890-changeme!', rule: 'weak' },
  { value: 'AbCdEfGhIjKlMnOpQrStUvWxYz012345', rule: 'guessable' },
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
  'velvet-anchor-mustard-quilt-harpoon-ninth-wobbly-citizen',
  'orbit Lantern pickle wharf Juniper gusto Unlovable shrimp',
  'staple.ferry.oxbow.glimmer.tundra.kiosk.vow.crescent',
  // Two UUIDs, and one with a salt.
  '3f2b8c1e-7d4a-4e9b-a6c5-0d1f8e7b9a26c58d0f4e-91b3-4a7c-8e2d-6f5a0b3c9d17',
  '8d1f6e0b-52c7-4b39-9ea4-d07c3b8f1562/Lq7w',
  // Digits alone.
  '3437181199230095432136233386518498498779',
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

/** Weak in the ways that people have: each would start a server if length and variety were all that counts. */
export const WEAK_SECRETS: readonly string[] = [
  'change-this-to-a-random-string-in-production',
  'your-jwt-signing-key-goes-here-min-32-chars',
  'MyCompany-Prod-JWT-Secret-2024-Do-Not-Share!!',
  'ThisIsMyVerySecretKeyForJwtTokensInProduction123',
  'contoso-billing-service-jwt-signing-secret-2024',
  'acme-corp-production-jwt-secret-key-v2-2025-01-15',
  'qwertyuiopasdfghjklzxcvbnm1234567890',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.',
  '!QAZ@WSX#EDC$RFV%TGB^YHN&UJM*IK<',
  'qazwsxedcrfvtgbyhnujmikolp1234567890',
  'azertyuiopqsdfghjklmwxcvbn0123456789',
  'asdfghjklasdfghjklasdfghjklasdfgh',
  'the quick brown fox jumps over the lazy dog',
  'correct horse battery staple correct horse',
  'correcthorsebatterystaplecorrecthorsebatterystaple',
  'Lorem ipsum dolor sit amet consectetur adipiscing',
  'to be or not to be that is the question',
  'MySup3rS3cr3tK3yTh4tN0b0dyKn0ws2024!',
  'p@ssw0rdp@ssw0rdp@ssw0rdp@ssw0rd1234',
  'drowssapterceSdrowssapterceSdrowssap',
  'Geheimer-Schluessel-fuer-die-Produktion-bitte-aendern',
  'mi-clave-secreta-super-segura-para-produccion',
  'ma-cle-secrete-tres-longue-pour-la-production',
  '00000000-0000-0000-0000-000000000000',
  '12345678-1234-1234-1234-123456789012',
  '0123456789abcdef0123456789abcdef',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  '2024-01-01-2024-12-31-2025-01-01-2025',
  '19840615198406151984061519840615',
  '14159265358979323846264338327950288',
  'django-insecure-change-me-before-deploying-to-prod',
  'replace_me_with_a_long_random_string_please_1234',
  'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
  'some-really-long-secret-string-nobody-can-guess',
  'insert-your-own-very-long-and-random-key-here!!',
  'REPLACE_ME_WITH_OPENSSL_RAND_HEX_32_OUTPUT',
  'sunshinebutterflyfootballstarwarsdragon',
  'iloveyouiloveyoutooiloveyouforeverandever',
  's.e.c.r.e.t.k.e.y.s.e.c.r.e.t.k.e.y.1.2',
  'jwt-secret-for-local-development-only-do-not-use',
  'ashley-michael-jessica-daniel-jennifer-2019',
  'may the force be with you always young padawan',
  'my_company_name_jwt_secret_key_production_2023',
  'aaaabbbbccccddddeeeeffffgggghhhhiiiijjjj',
  'deadbeefdeadbeefcafebabecafebabe00112233',
  'JohnSmith1985JohnSmith1985JohnSmith1985',
  'secretkeysecretkeysecretkeysecretkey1',
  'AdminAdmin123!AdminAdmin123!AdminAdmin123!',
  'a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6',
  'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
  'my-node-api-super-secret-jwt-key-please-rotate',
  'thisisaverylongsecretkeythatnobodywillguess',
  'keep-it-secret-keep-it-safe-gandalf-the-grey',
  'HelloWorldHelloWorldHelloWorldHello!',
  'TheAnswerToLifeTheUniverseAndEverythingIs42',
  'pOiUyTrEwQlKjHgFdSaMnBvCxZ0987654321',

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are placeholders
  // Placeholders that were not filled in, and references that nothing resolved.
  '<your-jwt-signing-key-goes-here-min-32-chars>',
  '<paste the output of: openssl rand -hex 32>',
  '${JWT_SECRET_KEY_FROM_ENVIRONMENT_VARIABLE}',
  'rescind-${JWT_SECRET_KEY}-7Gq2ZfW9tLr4VyM8cHj1SdKw',
  '7Gq2ZfW9tLr4VyM8cHj1S$(openssl rand -hex 32)',
  '{{ .Values.auth.jwt.secretKey | b64enc }}',
  '%JWT_SECRET_KEY_OF_THE_APPLICATION%',
  '$JWT_SECRET_KEY_OF_THE_PRODUCTION_SERVER',
  '[paste a long and random string in here]',
  '__JWT_SECRET_KEY_REPLACED_BY_THE_PIPELINE__',
  'arn:aws:secretsmanager:eu-west-1:123456789012:secret:jwt-AbCdEf',
  'op://production-vault/rescind/jwt-secret-key',
  '/run/secrets/jwt_secret_key_of_production',
  '<your secret here! At least 32 characters, please>',
  '{{ .Values.secret.jwt.key.production }}',
  '#{JWT_SECRET_KEY_FROM_THE_PIPELINE_VAR}',
  '${process.env.JWT_SECRET_KEY_PRODUCTION}',
  '${{ secrets.JWT_SECRET_KEY }}-production-01',
  '${jwtSigningKeyRef}7Gq2ZfW9tLr4VyM8cHj1SdKw',
  '7Gq2ZfW9tLr4VyM8cHj1SdKw$(pwgen 32 1)',
  '`openssl rand -base64 32 | tr -d "\\n"`',
  'head -c 32 /dev/urandom | base64 | tr -d =',
  'npm run -s generate-secret -- --bytes 64',
  'os.environ["JWT_SECRET_KEY_FOR_PRODUCTION"]',
  'System.getenv("JWT_SECRET_KEY_PRODUCTION")',
  '<%= ENV["JWT_SECRET_KEY_FOR_PRODUCTION"] %>',
  '!Sub ${JwtSecretKeyParameterForProduction}',
  'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
  'undefinedundefinedundefinedundefined',
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: they are placeholders
  // A token, and the example of one, in place of a key.
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.SflKxwRJSMeKKF2QT4fw',
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
  // What tutorials draw their keys from, also in the middle of it.
  'Xp2s5v8y/B?E(H+MbQeThWmZq3t6w9z$C&F)J@NcRfUjXn2r5u7x!A%D*G-KaPdS',
  '4D6251655468576D5A7134743777217A25432A462D4A614E645267556B587032',
  '2b7e151628aed2a6abf7158809cf4f3c',
  // Placeholders in other languages.
  'remplacez-moi-par-une-chaine-aleatoire-de-32-caracteres',
  'sostituisci-con-una-stringa-casuale-di-32-caratteri',
  'vervang-dit-door-een-willekeurige-tekenreeks',
  'ersetze-mich-durch-eine-zufaellige-zeichenkette',
  'zmien-mnie-na-losowy-ciag-znakow-w-produkcji',
  'uretim-ortaminda-bu-gizli-anahtari-degistirin',
  'замените-этот-ключ-на-случайную-строку',
  '请在生产环境中更改此密钥并使用随机字符串以确保安全性谢谢合作请在生产环境',
  '本番環境では必ずこの秘密鍵を変更してくださいランダムな文字列を使用してください',
  // Rows of other layouts, and columns with and without shift.
  'йцукенгшщзхъфывапролджэячсмитьбю',
  'ΑΣΔΦΓΗΞΚΛασδφγηξκλςερτυθιοπζχψωβνμ',
  'qwfpgjluyarstdhneiozxcvbkm1234567890',
  'zaq1ZAQ!xsw2XSW@cde3CDE#vfr4VFR$bgt5BGT%',
  // Rows whose characters take turns, and pieces that count.
  'zZyYxXwWvVuUtTsSrRqQpPoOnNmMlLkKjJ',
  'A1!B2@C3#D4$E5%F6^G7&H8*I9(J0)K1!L2@',
  'aa11bb22cc33dd44ee55ff66gg77hh88ii99',
  'foo1bar2foo3bar4foo5bar6foo7bar8foo9',
  'Token001Token002Token003Token004Token005',
  'key-01-key-02-key-03-key-04-key-05-key-06',
  '100200300400500600700800900100020003000',
  '20240115-20240116-20240117-20240118-2024',
  '192.168.1.1-192.168.1.2-192.168.1.3-192.168',
  '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString('base64'),
  // Numbers and dates in rows that everyone knows.
  '2357111317192329313741434753596167717379',
  '112358132134558914423337761098715972584',
  '2024-01-15T10:30:00.000Z-2024-01-16T10:30',
  'Jan2024Feb2024Mar2024Apr2024May2024Jun2024',
  // Sentences.
  'Bonjour-ceci-est-ma-cle-secrete-pour-le-jwt',
  'in the beginning god created the heaven and the earth',
  'all work and no play makes jack a dull boy',
  'WinterIsComingAndTheNightIsDarkAndFullOfTerrors',
  'MyFavoriteColorIsBlueAndMyDogIsCalledMax',
  // One piece of 21, whatever it is.
  'k3Jx9QpLw2ZtV7mNrB4cD'.repeat(2),
  'my-company-secret-key'.repeat(2),
  // Hashes of nothing and of words, also cut off, and with the line end of `echo`.
  'd41d8cd98f00b204e9800998ecf8427e',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',
  '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  ...['secret', 'password', 'secret\n', 'test'].flatMap((word) => [
    createHash('md5').update(word).digest('hex'),
    createHash('sha256').update(word).digest('hex'),
    createHash('sha512').update(word).digest('base64'),
    createHash('sha256').update(word).digest('hex').slice(0, 32),
  ]),
  createHash('sha384').update('changeme').digest('hex'),
  createHash('sha3-256').update('').digest('hex'),
  createHash('sha256').update('jwt-secret').digest('hex'),
  createHash('md5').update('password123').digest('hex'),
  createHash('sha256').update(createHash('md5').update('secret').digest('hex')).digest('hex'),
  `sha256:${createHash('sha256').update('secret').digest('hex')}`,
  `{SHA}${createHash('sha1').update('password').digest('base64')}`,
  '5f4dcc3b-5aa7-65d6-1d83-27deb882cf99',
  // Words in another writing.
  `base64:${Buffer.from('super-secret-key-for-my-laravel-app').toString('base64')}`,
  `0x${Buffer.from('my-secret-key-for-jwt').toString('hex')}`,
  Buffer.from('change-me-in-production')
    .toString('hex')
    .replace(/..(?=.)/g, '$&:'),
  [...Buffer.from('mysecretkeyforjwt')].join(' '),
  '&#115;&#101;&#99;&#114;&#101;&#116;&#107;&#101;&#121;',
  'ONSWG4TFOQWWWZLZFVTG64RNNJ3XILLUN5VWK3TT',
  Buffer.from('my-super-secret-jwt-key-for-production').toString('hex'),
  Buffer.from('my-super-secret-jwt-key-for-production').toString('base64'),
  encodeURIComponent('my super secret jwt key for production!'),
];
