import fc from 'fast-check';
import { ALPHABET, at, type Mutators, SIGNS, SPACES, spliced } from './edits.ts';

/** Texts that some decoder takes for the token: other bytes on the wire, the same token to whoever is lenient. */
export const reSpellings: Mutators = {
  're-spelled: unused bits': (token) => withPart(token, withUnusedBits),
  're-spelled: padding': (token) =>
    withPart(token, (part) => fc.constantFrom(`${part}=`, `${part}==`, `=${part}`)),
  're-spelled: white space': (token) =>
    fc
      .tuple(at(token), fc.constantFrom(...SPACES))
      .map(([index, space]) => spliced(token, index, 0, space)),
  're-spelled: around it': (token) =>
    fc
      .tuple(fc.constantFrom('', ...SIGNS), fc.constantFrom('', ...SIGNS))
      .map(([before, after]) => before + token + after),
  're-spelled: base64 in place of base64url': (token) =>
    fc.constant(token.replaceAll('-', '+').replaceAll('_', '/')),
  're-spelled: percent encoding': (token) =>
    at(token).map((index) => spliced(token, index, 1, `%${token.charCodeAt(index).toString(16)}`)),
  're-spelled: other letters': (token) =>
    fc.constantFrom(
      token.toUpperCase(),
      token.toLowerCase(),
      token.replaceAll('s', '\u017f'),
      token.replaceAll('K', '\u212a'),
      token.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
      token.replaceAll('.', '\u3002'),
      token.normalize('NFKD').replace('e', 'e\u0301'),
    ),
  're-spelled: JSON serialization': (token) => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const flat = { payload, protected: header, signature };
    const general = { payload, signatures: [{ protected: header, signature }] };
    return fc.constantFrom(
      JSON.stringify(flat),
      JSON.stringify(general),
      JSON.stringify(token),
      Buffer.from(token).toString('base64url'),
    );
  },
  dots: (token) =>
    fc.constantFrom(
      token.replace('.', '..'),
      token.replaceAll('.', '..'),
      token.replace('.', ''),
      `.${token}`,
      `${token}.`,
      `${token}..`,
      token.split('.').slice(0, 2).join('.'),
      `${token}.${token.split('.')[0]}`,
    ),
};

/** One part of the token exchanged for another. */
function withPart(
  token: string,
  make: (part: string) => fc.Arbitrary<string>,
): fc.Arbitrary<string> {
  const parts = token.split('.');
  return fc
    .nat({ max: parts.length - 1 })
    .chain((index) => make(parts[index] ?? '').map((part) => parts.with(index, part).join('.')));
}

/** The same bytes in base64url, with bits set that a decoder drops. */
function withUnusedBits(part: string): fc.Arbitrary<string> {
  const unused = { 2: 4, 3: 2 }[part.length % 4] ?? 0;
  const last = ALPHABET.indexOf(part.at(-1) ?? '');
  return fc
    .integer({ min: 1, max: Math.max(1, 2 ** unused - 1) })
    .map((bits) => part.slice(0, -1) + (ALPHABET[last + bits] ?? '='));
}
