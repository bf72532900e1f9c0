import { describe, expect, test } from 'vitest';
import { cpuGrowth } from '../../testkit/cpu-growth.ts';
import { redactCredentials } from './credentials.ts';
import { redact } from './redact.ts';

const anonymous = (text: string): string => redact([text], { personalData: true }).texts[0] ?? '';

/** Put together here, so that no scanner of repositories takes them for real ones. */
const made = (...parts: readonly string[]): string => parts.join('');
const RANDOM = 'q7Zk2Lw9Xb4Tn8Vr1Jp6Hs3Dy5Gm0CfA';

describe('credentials', () => {
  test.each([
    ['AWS access key', made('AKIA', 'QWERTYUIOPASDFGH')],
    ['GitHub token', made('ghp_', RANDOM, 'abcd')],
    ['GitHub fine-grained token', made('github_pat_', '11ABCDEFG0', RANDOM)],
    ['GitLab token', made('glpat-', 'abcdefGHIJ1234567890')],
    ['Slack token', made('xoxb-', '123456789012-abcdefABCDEF')],
    ['Anthropic key', made('sk-ant-', 'api03-', RANDOM)],
    ['OpenAI key', made('sk-proj-', RANDOM)],
    ['Google key', made('AIza', 'SyD4f5g6h7j8k9l0qwertyuiopasdfghjkl')],
    ['Stripe key', made('sk_live_', '4eC39HqLyjWDarjtT1zdp7dc')],
    ['Atlassian token', made('ATATT3', 'xFfGF0abcdefghijklmnop')],
    ['npm token', made('npm_', RANDOM, 'abcd')],
    ['JWT', made('eyJ', 'hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.', 'dozjgNryP4J3jVmNHl0w5N')],
    ['hexadecimal secret', made('9f86d081884c7d659a2feaa0', 'c55ad015a3bf4f1b2b0b822c')],
    ['random token', RANDOM],
  ])('%s is taken out wherever it stands', (_kind, secret) => {
    const around = (text: string): readonly string[] => [
      `The clerk logs in with ${text} and checks.`,
      `key=${text}`,
      `"${text}"`,
      `(${text}).`,
      text,
    ];

    const results = around(secret).map((text) => redactCredentials(text));

    expect(results.filter((text) => text.includes(secret))).toEqual([]);
    expect(results[0]).toBe('The clerk logs in with [CREDENTIAL] and checks.');
  });

  test.each([
    ['password=hunter2', 'password=[CREDENTIAL]'],
    ['DB_PASSWORD: "correct horse"', 'DB_PASSWORD: "[CREDENTIAL]"'],
    ['"clientSecret": "abc-def-ghi"', '"clientSecret": "[CREDENTIAL]"'],
    ["api_key => 'x1y2z3'", "api_key => '[CREDENTIAL]'"],
    ['Password: swordfish\nThen the clerk logs in.', 'Password: [CREDENTIAL]\nThen the clerk logs in.'],
    ['https://bob:s3cr3t@intranet.example/x', 'https://bob:[CREDENTIAL]@intranet.example/x'],
    ['postgres://app:p%40ss@db/flow', 'postgres://app:[CREDENTIAL]@db/flow'],
    ['Authorization: Bearer abc123def456ghi7', 'Authorization: Bearer [CREDENTIAL]'],
    [
      'DefaultEndpointsProtocol=https;AccountKey=Zm9vYmFyYmF6cXV4;x',
      'DefaultEndpointsProtocol=https;AccountKey=[CREDENTIAL];x',
    ],
  ])('%j becomes %j', (text, expected) => {
    expect(redactCredentials(text)).toBe(expected);
  });

  test('a private key goes as a whole, and one without an end as far as it goes', () => {
    const key = made(
      '-----BEGIN RSA ',
      'PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA ',
      'PRIVATE KEY-----',
    );

    const whole = redactCredentials(`before\n${key}\nafter`);
    const cut = redactCredentials(`before ${key.slice(0, 45)}`);

    expect(whole).toBe('before\n[CREDENTIAL]\nafter');
    expect(cut).toBe('before [CREDENTIAL]');
  });

  test.each([
    'Password: the customer chooses one and confirms it.',
    'The secretary: a person who files the token of appreciation.',
    'If the API key expires, the administrator renews the key.',
    'The clerk checks order 2026-11-23-000451 and invoice INV-2026-000123456789.',
    'The customerInvoiceReport20261231 is sent to the accountingDepartmentForReview.',
    'See https://example.com/processes/claims/handling?step=approval for details.',
    'Session 0190f5fe-7c00-7a00-8000-0123456789ab is closed.',
    'Donaudampfschifffahrtsgesellschaftskapitän',
    'A_VERY_LONG_CONSTANT_NAME_OF_THE_SYSTEM_2026',
  ])('prose stays as it is: %s', (text) => {
    expect(redactCredentials(text)).toBe(text);
  });
});

describe('personal data', () => {
  test.each([
    ['mail anna.muster+x@example.co.uk today', 'mail [EMAIL_1] today'],
    ['pay to DE89 3704 0044 0532 0130 00 at once', 'pay to [IBAN_1] at once'],
    ['pay to GB82WEST12345698765432.', 'pay to [IBAN_1].'],
    ['CH93 0076 2011 6238 5295 7 AND MORE', '[IBAN_1] AND MORE'],
    ['card 4111 1111 1111 1111, please', 'card [CARD_1], please'],
    ['SSN 078-05-1120', 'SSN [NATIONAL_ID_1]'],
    ['NINO AB 12 34 56 C', 'NINO [NATIONAL_ID_1]'],
    ['AHV 756.9217.0769.85', 'AHV [NATIONAL_ID_1]'],
    ['DNI 12345678Z', 'DNI [NATIONAL_ID_1]'],
    ['CF RSSMRA85T10A562S', 'CF [NATIONAL_ID_1]'],
    ['from 192.168.17.4 and 2001:db8::8a2e:370:7334', 'from [IP_1] and [IP_2]'],
    ['call +49 30 901820-45 now', 'call [PHONE_1] now'],
    ['call 0041 44 668 18 00', 'call [PHONE_1]'],
    ['call 030 / 901 82 04', 'call [PHONE_1]'],
    ['call (415) 555-2671 or 415-555-2672', 'call [PHONE_1] or [PHONE_2]'],
  ])('%j becomes %j', (text, expected) => {
    expect(anonymous(text)).toBe(expected);
  });

  test.each([
    'The claim of 23.11.2026 over 5,000 euros is paid within 14 days.',
    'Order 4711-0815 has 1234567890123456 as its number.',
    'DE00 3704 0044 0532 0130 00 is no account number.',
    'Between 01-02-2026 and 03-04-2026 at 10:30:45 the clerk works.',
    'Version 1.2.3 replaces version 10.20.30.400.',
    'The team lead approves amounts above 10000 and the CFO above 1000000.',
    'twitter @flowgrid and user@localhost',
  ])('what only looks like it stays: %s', (text) => {
    expect(anonymous(text)).toBe(text);
  });

  test('stays where the tenant does not ask, and credentials go all the same', () => {
    const { texts } = redact(['mail a@example.com password=hunter2'], { personalData: false });

    expect(texts).toEqual(['mail a@example.com password=[CREDENTIAL_1]']);
  });
});

describe('placeholders', () => {
  const TEXTS = ['Write to a@example.com or b@example.com.', 'Again a@example.com; token=abc123secret'];

  test('are the same for the same value, and counted by kind', () => {
    const { texts, counts } = redact(TEXTS, { personalData: true });

    expect(texts).toEqual(['Write to [EMAIL_1] or [EMAIL_2].', 'Again [EMAIL_1]; token=[CREDENTIAL_1]']);
    expect(counts).toEqual({ EMAIL: 3, CREDENTIAL: 1 });
  });

  test('give personal data back in all texts of an answer, and credentials never', () => {
    const { restore } = redact(TEXTS, { personalData: true });

    const restored = restore({
      to: ['[EMAIL_2]', { '[EMAIL_1]': 'quote: [EMAIL_1]!' }],
      key: '[CREDENTIAL_1]',
      n: 1,
    });

    expect(restored).toEqual({
      to: ['b@example.com', { 'a@example.com': 'quote: a@example.com!' }],
      key: '[CREDENTIAL_1]',
      n: 1,
    });
  });

  test('are given back in JSON text that is not finished', () => {
    const { restoreJson } = redact(TEXTS, { personalData: true });

    expect(restoreJson('{"to":"[EMAIL_1]","also":"[EMA')).toBe('{"to":"a@example.com","also":"[EMA');
  });

  // Attack: a description that contains placeholders, to get at values or to spoil quotes.
  test('that somebody wrote into a text stand for nothing', () => {
    const { texts, restore } = redact(['[EMAIL_1] [CREDENTIAL_1] [PHONE_9] a@example.com'], {
      personalData: true,
    });

    expect(texts).toEqual(['[EMAIL_1] [CREDENTIAL_1] [PHONE_9] [EMAIL_2]']);
    expect(restore('[EMAIL_1] [EMAIL_2] [PHONE_9]')).toBe('[EMAIL_1] a@example.com [PHONE_9]');
  });
});

// Attack: texts made to keep regular expressions busy for ever.
describe('hostile texts take time by their length alone', () => {
  test.each([
    ['a'],
    ['1'],
    ['1-'],
    ['+1 ('],
    ['0 '],
    ['eyJ'],
    ['eyJaaaaaaaaa.'],
    ['a@'],
    ['a@a.'],
    ['https://a:'],
    ['password='],
    ['password="'],
    ['sk-ant-'],
    ['-----BEGIN PRIVATE KEY-----'],
    ['-----BEGIN PRIVATE KEY-----A\n'],
    ['DE89 '],
    ['DE8937040044'],
    [':0'],
    ['1.'],
    ['[EMAIL_1]'],
    ['Bearer '],
    ['aA1'],
    ['\u{1F600}'],
  ])('%j, repeated', (piece) => {
    const run = (length: number) => (): unknown =>
      redact([piece.repeat(Math.ceil(length / piece.length))], { personalData: true });

    expect(cpuGrowth({ small: run(30_000), large: run(120_000) })).toBeLessThan(10);
  });
});
