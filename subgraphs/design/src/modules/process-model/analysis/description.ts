/** Can this text be analysed at all? */
import { detectLanguage } from './language.ts';

export const DESCRIPTION_MAX_LENGTH = 50_000;

export interface DescriptionProblem {
  readonly code: 'REQUIRED' | 'INVALID' | 'TOO_LONG' | 'LANGUAGE_UNSUPPORTED';
  readonly message: string;
}

const BLANK = /^[\s\p{Cf}]*$/u;
const CONTROL = /[\p{Cc}\uFFFD]/gu;
const isSpacing = (character: string): boolean => /\s|\u0085/u.test(character);
// A stray control character comes with text copied from a terminal or a PDF; more than this is a file that is no text.
const STRAY_SHARE = 0.01;
const READABLE = /[\p{Letter}\p{Number}]/gu;
const READABLE_SHARE = 0.2;
const SHORTEST_JUDGED = 40;

const languageName = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' });

const problem = (code: DescriptionProblem['code'], message: string): DescriptionProblem => ({
  code,
  message,
});

const binaryProblem = (text: string): string | null => {
  const nul = text.indexOf('\0');
  if (nul >= 0)
    return `The description holds a NUL character at position ${nul}, so it looks like a binary file. Paste the text of the process instead.`;
  if (!text.isWellFormed())
    return 'The description holds half of a character (an unpaired surrogate), so it was cut or decoded wrongly. Paste the text again, as UTF-8.';
  const controls = text.match(CONTROL)?.filter((character) => !isSpacing(character)).length ?? 0;
  if (controls > Math.max(2, text.length * STRAY_SHARE))
    return `The description holds ${controls} control characters, so it looks like a binary file. Paste the text of the process instead.`;
  const readable = text.match(READABLE)?.length ?? 0;
  const visible = text.replaceAll(/\s/gu, '').length;
  if (readable === 0 || (visible >= SHORTEST_JUDGED && readable < visible * READABLE_SHARE))
    return 'The description has hardly any words. Describe in sentences who does what, in which order and under which conditions.';
  return null;
};

/** Everything that is wrong with a description, worst first; empty when it can be analysed. */
export const checkDescription = (text: string): readonly DescriptionProblem[] => {
  if (BLANK.test(text))
    return [
      problem(
        'REQUIRED',
        'The description is empty. Describe in a few sentences who does what, in which order and under which conditions.',
      ),
    ];
  const problems: DescriptionProblem[] = [];
  if (text.length > DESCRIPTION_MAX_LENGTH) {
    const excess = (text.length - DESCRIPTION_MAX_LENGTH).toLocaleString('en');
    problems.push(
      problem(
        'TOO_LONG',
        `The description has ${text.length.toLocaleString('en')} characters, ${excess} more than the 50,000 that are allowed. Shorten it, or describe one process at a time.`,
      ),
    );
  }
  const binary = binaryProblem(text.slice(0, DESCRIPTION_MAX_LENGTH * 4));
  if (binary !== null) return [...problems, problem('INVALID', binary)];
  const { language, isEnglish } = detectLanguage(text);
  if (!isEnglish)
    problems.push(
      problem(
        'LANGUAGE_UNSUPPORTED',
        `The description seems to be in ${languageName.of(language) ?? language}. Only English is understood so far: translate it to English and try again.`,
      ),
    );
  return problems;
};
