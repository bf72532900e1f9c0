import { describe, expect, test } from 'vitest';
import { checkDescription } from './description.ts';
import { detectLanguage } from './language.ts';

const ENGLISH = [
  'Check the invoice.',
  'Approve PO',
  'ok',
  'Jira ServiceNow',
  'Purchase order approval workflow',
  'Triage bug, reproduce, fix, deploy, close',
  'Anna Müller sends the Bericht to Hans.',
  'The customer sends an order to Société Générale in Paris.',
  'The ticket 見積 is sent to the 東京 office.',
  'Müller & Söhne GmbH invoice approval in SAP',
  'The process starts when a customer submits a claim. The clerk checks it and informs the customer.',
];

const FOREIGN: readonly (readonly [string, string])[] = [
  ['de', 'Der Sachbearbeiter prüft den Antrag.'],
  [
    'de',
    'Wenn der Kunde eine Bestellung aufgibt, prüft das Lager den Bestand und versendet die Ware. Andernfalls wird der Kunde informiert.',
  ],
  ['de', 'Kunde bestellt Ware. Lager verpackt Ware. Buchhaltung erstellt Rechnung.'],
  ['fr', 'Le client envoie une facture.'],
  ['fr', 'Lorsque le client passe une commande, le responsable vérifie le stock et envoie la facture.'],
  ['es', 'El cliente envía la factura.'],
  ['es', 'Cuando el cliente realiza un pedido, el almacén revisa la disponibilidad y envía la mercancía.'],
  ['ja', '顧客は注文を送信する。'],
  ['ru', 'Клиент отправляет заявку.'],
  ['ru', 'Менеджер проверяет заявку и отправляет её в бухгалтерию.'],
  ['zh', '客户提交申请，经理审批。'],
  ['it', 'Il cliente invia la richiesta. Il responsabile controlla la fattura.'],
  ['nl', 'De klant stuurt een bestelling. De medewerker controleert de factuur.'],
  ['fi', 'Asiakas lähettää laskun. Päällikkö hyväksyy laskun ja maksaa sen pankissa seuraavana päivänä.'],
];

describe('language', () => {
  test.each(ENGLISH)('is English or not certainly another: %s', (text) => {
    expect(detectLanguage(text)).toEqual({ language: 'en', isEnglish: true });
  });

  test.each(FOREIGN)('%s is told from English: %s', (language, text) => {
    expect(detectLanguage(text)).toEqual({ language, isEnglish: false });
  });
});

describe('description', () => {
  test.each(ENGLISH.filter((text) => text.length > 1))('is accepted: %s', (text) => {
    expect(checkDescription(text)).toEqual([]);
  });

  test('emojis, tabs, line ends and a stray control character are accepted', () => {
    expect(
      checkDescription(
        'The clerk \u{1F469}\u200D\u{1F4BB} checks\tthe form.\r\n\fThen she signs it.\u000B\u0007',
      ),
    ).toEqual([]);
  });

  test.each(['', ' \n\t\u00A0', '\u200B\u200B'])('is required: %j', (text) => {
    expect(checkDescription(text).map((problem) => problem.code)).toEqual(['REQUIRED']);
  });

  test('a text above the limit says by how much', () => {
    expect(checkDescription('The clerk checks the form. '.repeat(1_852).slice(0, 50_001))).toEqual([
      {
        code: 'TOO_LONG',
        message:
          'The description has 50,001 characters, 1 more than the 50,000 that are allowed. Shorten it, or describe one process at a time.',
      },
    ]);
    expect(checkDescription('The clerk checks the form. '.repeat(1_852).slice(0, 50_000))).toEqual([]);
  });

  test.each([
    ['a NUL character', 'The clerk\u0000 checks the form.'],
    ['an unpaired surrogate', 'The clerk \uD83D checks the form.'],
    ['a binary file', '\u0089PNG\r\n\u001A\n\u0001\u0002\u0003\u0004IHDR'],
    ['a file decoded wrongly', 'PK\uFFFD\uFFFD\uFFFD\uFFFDmimetype\uFFFD\uFFFD'],
    ['only punctuation', '?!?! --- ... '.repeat(20)],
    ['only emojis', '\u{1F600}\u{1F600}\u{1F600}'],
  ])('%s is invalid', (_name, text) => {
    expect(checkDescription(text).map((problem) => problem.code)).toEqual(['INVALID']);
  });

  test('another language is named, and what to do', () => {
    expect(checkDescription('Der Sachbearbeiter prüft den Antrag und sendet ihn an den Kunden.')).toEqual([
      {
        code: 'LANGUAGE_UNSUPPORTED',
        message:
          'The description seems to be in German. Only English is understood so far: translate it to English and try again.',
      },
    ]);
  });

  test('a text that is too long and in another language has both problems', () => {
    expect(
      checkDescription('Клиент отправляет заявку. '.repeat(4_000)).map((problem) => problem.code),
    ).toEqual(['TOO_LONG', 'LANGUAGE_UNSUPPORTED']);
  });
});
