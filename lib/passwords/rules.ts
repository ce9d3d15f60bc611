import { dictionary } from '@zxcvbn-ts/language-common';
import { assertInteger } from '../assert.ts';
import { DEFAULTS } from '../defaults.ts';
import { passwordFault } from './passwords.ts';

/** The owner of the new password. */
export interface PasswordOwner {
  readonly email: string;
  readonly name: string;
}

export type PasswordRules = ReturnType<typeof createPasswordRules>;

export interface PasswordRuleOptions {
  /** The minimum length of a new password in Unicode code points, 8 to 64. Default 15. */
  readonly passwordMinLength?: number | undefined;
  /** The public name of the service. It is refused as a password, and so is `rescind`. */
  readonly serviceName: string;
}

/** The lowest minimum, which NIST allows only with a second factor (SP 800-63B-4 section 3.1.1.2). */
export const LEAST_MIN_LENGTH = 8;
export const MOST_MIN_LENGTH = 64;

/** The longest piece whose repetition is refused as a password, whatever its characters. */
const SHORT_PIECE = 4;

/** Common passwords in lower case. */
const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/**
 * Creates the rules for new passwords (NIST SP 800-63B-4 section 3.1.1.2): a minimum length, the limits of bcrypt, no
 * common password, and no word about the account, such as the user's name. Such a word is refused even if it is
 * repeated or has digits or signs around it. Throws TypeError for a minimum length outside 8 to 64.
 */
export function createPasswordRules(options: PasswordRuleOptions) {
  const { passwordMinLength: minLength = DEFAULTS.passwordMinLength, serviceName } = options;
  assertInteger('passwordMinLength', minLength, LEAST_MIN_LENGTH, MOST_MIN_LENGTH);

  return {
    /** Returns the fault of a new password as a sentence that does not quote it; undefined for a valid password. */
    findFault(password: string, owner: PasswordOwner): string | undefined {
      const unusable = passwordFault(password);
      if (unusable !== undefined) return unusable;
      if ([...password].length < minLength) {
        return `The password must be at least ${minLength} characters long; a few words make a good password.`;
      }
      const readings = findReadings(fold(password));
      const words = wordsAbout(owner, serviceName);
      if (readings.some((reading) => words.has(reading))) return ABOUT_THE_ACCOUNT;
      return readings.some(isCommon) ? COMMON_PASSWORD : undefined;
    },
  };
}

const ABOUT_THE_ACCOUNT =
  'The password must be more than your name, your e-mail address or the name of the service.';
const COMMON_PASSWORD =
  'The password must not be a common password, even repeated or with digits or signs around it.';

/** Returns the words about the account, which an attacker tries first. */
function wordsAbout({ email, name }: PasswordOwner, serviceName: string): ReadonlySet<string> {
  const [local = ''] = email.split('@');
  const words = [email, local, name, serviceName, 'rescind'].map((word) => toLetters(fold(word)));
  return new Set(words.filter((word) => word !== ''));
}

/** Folds case and look-alike characters, for comparison only. The password itself is hashed as it was typed. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Returns texts to compare with weak words: the password, its letters, and the piece that each of these repeats. */
function findReadings(whole: string): readonly string[] {
  const piece = findPiece(whole);
  const word = findWord(whole);
  return [whole, piece, word, findWord(piece), findPiece(word)];
}

/** Returns the letters of a text; '' if less than a third are letters, because the rest may be hard to guess. */
function findWord(text: string): string {
  const letters = toLetters(text);
  return letters.length * 3 < text.length ? '' : letters;
}

/** Removes signs and spaces, and digits at both ends: `jane.roe-1985!` becomes `janeroe`. */
function toLetters(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}]/gu, '').replace(/^\p{N}+|\p{N}+$/gu, '');
}

/** Returns the shortest piece that the text repeats from start to end. The last copy of the piece may be incomplete. */
function findPiece(text: string): string {
  for (let length = 1; length < text.length; length++) {
    if (text.slice(length) === text.slice(0, -length)) return text.slice(0, length);
  }
  return text;
}

function isCommon(reading: string): boolean {
  return COMMON.has(reading) || isMonotonous(reading);
}

function isMonotonous(reading: string): boolean {
  if (reading.length < LEAST_MIN_LENGTH) return false;
  return findPiece(reading).length <= SHORT_PIECE || isSequence(reading);
}

/** Returns true for consecutive characters in rising or falling order, such as `123456…` and `zyxwvu…`. */
function isSequence(text: string): boolean {
  const points = [...text].map((character) => character.codePointAt(0) ?? 0);
  const steps = new Set(points.slice(1).map((point, index) => point - (points[index] ?? 0)));
  const [step] = steps;
  return steps.size === 1 && (step === 1 || step === -1);
}
