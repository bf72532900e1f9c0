/** Which language a text is in. English is assumed unless another language is certain, so that names and jargon do no harm. */
import { detectAll } from 'tinyld';

export interface DetectedLanguage {
  /** ISO 639-1; `en` when nothing else is certain. */
  readonly language: string;
  readonly isEnglish: boolean;
}

const words = (text: string): ReadonlySet<string> =>
  new Set(text.split(/\s+/u).filter((word) => word !== ''));

const ENGLISH = words(`
  the a an and or of to in is are was were be been by for from with without on at as if then when once after before until otherwise else that this these those it its he she they we you
  i his her their our your my which who whose what how not no must should shall will would can may has have had do does did all each every any only also first next finally
  into about within through there than more but because while during between please yes new
  check checks send sends sent review reviews approve approves approved create creates receive receives customer manager employee clerk invoice order request ticket claim report team
  update notify process form department system payment step start
`);

/** Words that are frequent in one language and are no English words. */
const FOREIGN: Readonly<Record<string, ReadonlySet<string>>> = {
  de: words(
    'der das und ist nicht ein eine einen einem einer den dem des wird werden von zu mit auf für fur wenn dann sonst andernfalls sich auch nach bei aus ob durch über zur zum im prüft prüfen sendet kunde rechnung antrag bestellung als oder dass vom sie er es wir danach anschließend',
  ),
  fr: words(
    'le la les des du une et est sont pour dans par sur avec pas qui que il elle ils nous vous au aux ce cette si sinon alors ou puis lorsque après avant être client facture commande demande envoie vérifie reçoit',
  ),
  es: words(
    'el los las una y es son para con por del al que se su si entonces no está como pero cuando después antes cliente factura pedido solicitud envía revisa aprueba recibe lo le de',
  ),
  it: words(
    'il lo gli una e è sono per con del della dei che si non se allora quando dopo prima cliente fattura ordine richiesta invia controlla approva riceve di da nel alla',
  ),
  pt: words(
    'o os as uma e é são para com por do da dos das que se não então quando depois antes cliente fatura pedido envia verifica aprova recebe ao de em um',
  ),
  nl: words(
    'de het een en van is niet met voor op aan wordt worden als dan anders naar bij door ook klant factuur bestelling stuurt controleert goedgekeurd aanvraag na zijn',
  ),
  pl: words(
    'i w na z do nie się jest są że jak to przez po dla klient faktura zamówienie wysyła sprawdza jeśli następnie lub oraz',
  ),
  sv: words(
    'och är inte en ett som för med till av på den det om kunden skickar fakturan sedan kontrollerar annars när',
  ),
  da: words(
    'og er ikke en et som for med til af på den det hvis kunden sender fakturaen derefter ellers når',
  ),
  tr: words(
    've bir bu için ile olarak müşteri fatura gönderir kontrol eder sonra ise değil eğer sipariş talep onaylar',
  ),
};

// Below this many words, a Latin text can be a label or a name in any language.
const FEWEST_WORDS = 3;
const ENGLISH_SHARE = 0.2;
const FOREIGN_SHARE = 0.2;
const SAMPLE_LENGTH = 5_000;

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['th', /\p{Script=Thai}/gu],
  ['hi', /\p{Script=Devanagari}/gu],
];

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

const byScript = (sample: string): string | null => {
  const latin = count(sample, /\p{Script=Latin}/gu);
  const counts = SCRIPTS.map(([language, pattern]) => ({ language, size: count(sample, pattern) }));
  const total = counts.reduce((sum, entry) => sum + entry.size, 0);
  // One ideograph says about as much as three letters.
  if (total < 2 || total * 2 < latin) return null;
  const kana = counts.find((entry) => entry.language === 'ja')?.size ?? 0;
  if (kana > 0) return 'ja';
  const [strongest] = counts.toSorted((left, right) => right.size - left.size);
  const guess = detectAll(sample)[0]?.lang;
  return strongest?.language === 'ru' && guess !== undefined && ['uk', 'bg', 'sr', 'be'].includes(guess)
    ? guess
    : (strongest?.language ?? null);
};

const english: DetectedLanguage = { language: 'en', isEnglish: true };
const other = (language: string): DetectedLanguage => ({ language, isEnglish: false });

/** The beginning, the middle and the end of a long text. */
const sampleOf = (text: string): string => {
  if (text.length <= SAMPLE_LENGTH * 3) return text;
  const middle = Math.floor(text.length / 2);
  return [
    text.slice(0, SAMPLE_LENGTH),
    text.slice(middle, middle + SAMPLE_LENGTH),
    text.slice(-SAMPLE_LENGTH),
  ].join(' ');
};

export const detectLanguage = (text: string): DetectedLanguage => {
  const sample = sampleOf(text.normalize('NFC'));
  const script = byScript(sample);
  if (script !== null) return other(script);
  const tokens = sample.toLowerCase().match(/[\p{Letter}\p{Mark}']{1,40}/gu) ?? [];
  if (tokens.length < FEWEST_WORDS) return english;
  const shareOf = (known: ReadonlySet<string>): number =>
    tokens.filter((token) => known.has(token)).length / tokens.length;
  const englishShare = shareOf(ENGLISH);
  const [best] = Object.entries(FOREIGN)
    .map(([language, known]) => ({ language, share: shareOf(known) }))
    .toSorted((left, right) => right.share - left.share);
  if (best !== undefined && best.share >= FOREIGN_SHARE && best.share > englishShare * 1.5)
    return other(best.language);
  if (englishShare >= ENGLISH_SHARE / 2) return english;
  return rareLanguage(sample, tokens.length);
};

// Languages without a word list of their own need a longer text and a confident guess.
const RARE_WORDS = 8;
const RARE_ACCURACY = 0.2;
const rareLanguage = (sample: string, size: number): DetectedLanguage => {
  const [first] = detectAll(sample);
  const isCertain =
    size >= RARE_WORDS && first !== undefined && first.lang !== 'en' && first.accuracy >= RARE_ACCURACY;
  return isCertain ? other(first.lang) : english;
};
