import { expect, test } from 'vitest';
import { AnalysisError } from './analyzer.ts';
import { createThreadAnalyzer } from './thread-analyzer.ts';

const TEXT = 'The clerk checks the claim. If it is valid, the manager approves it.';
const LONG_TEXT = `${TEXT} `.repeat(600);
const goOn = new AbortController().signal;

test('texts are analysed in a thread, several at once', async () => {
  await using analyzer = createThreadAnalyzer();

  const models = await Promise.all([analyzer.analyze(TEXT, goOn), analyzer.analyze(TEXT, goOn)]);

  expect(models.map(({ activities }) => activities.map(({ verb }) => verb))).toEqual([
    ['check', 'approve'],
    ['check', 'approve'],
  ]);
});

test('an analysis that takes too long is given up, and the next one works', async () => {
  await using impatient = createThreadAnalyzer(1);
  const slow = await impatient.analyze(LONG_TEXT, goOn).catch((error: unknown) => error);

  expect(slow).toMatchObject({ code: 'TOO_SLOW' });
  await using patient = createThreadAnalyzer();
  expect((await patient.analyze(TEXT, goOn)).revision).toBe(1);
});

test('an analysis is given up with the reason of its signal', async () => {
  await using analyzer = createThreadAnalyzer();
  const controller = new AbortController();
  const running = analyzer.analyze(LONG_TEXT, controller.signal);

  controller.abort(new Error('cancelled'));

  await expect(running).rejects.toThrow('cancelled');
  await expect(analyzer.analyze(TEXT, controller.signal)).rejects.toThrow('cancelled');
});

test('more texts than can wait are refused', async () => {
  await using analyzer = createThreadAnalyzer();
  const waiting = Array.from({ length: 32 }, () => analyzer.analyze(TEXT, goOn).catch(() => 'stopped'));

  const refused = await analyzer.analyze(TEXT, goOn).catch((error: unknown) => error);

  expect(refused).toBeInstanceOf(AnalysisError);
  expect(refused).toMatchObject({ code: 'TOO_BUSY' });
  await Promise.all(waiting);
});
