/** Texts, places, times and amounts of a model: of a size that can be worked with, and in a form that can be read. */
import type { UserError } from '@flowgrid/platform';
import type { ProcessModel, Span } from './process-model.ts';

const NAME_MAX_LENGTH = 500;
const TEXT_MAX_LENGTH = 5_000;
const MAX_REFERENCES = 100;
const MAX_MENTIONS = 5_000;

const DURATION =
  /^P(?=\d|T\d)(?:\d{1,6}Y)?(?:\d{1,6}M)?(?:\d{1,6}W)?(?:\d{1,6}D)?(?:T(?=\d)(?:\d{1,6}H)?(?:\d{1,6}M)?(?:\d{1,6}S)?)?$/u;
const TIME_OF_DAY = /^(?:[01]\d|2[0-3]):[0-5]\d$/u;
const CURRENCY = /^[A-Z]{3}$/u;
// PostgreSQL stores neither NUL nor half of a character in JSON; other controls never belong to a name.
const CONTROL = /(?![\t\n\r])\p{Cc}/u;

type Path = readonly string[];

class Findings {
  readonly errors: UserError[] = [];

  add(code: string, message: string, path: Path): void {
    this.errors.push({ code, message, path });
  }

  text(value: string, path: Path, limit: number, isRequired = true): void {
    if (value === '' && isRequired)
      this.add('REQUIRED', 'This must not be empty. Say it in a few words.', path);
    else if (value.length > limit)
      this.add(
        'TOO_LONG',
        `This has ${value.length.toLocaleString('en')} characters; ${limit.toLocaleString('en')} are allowed. Shorten it.`,
        path,
      );
    else if (!value.isWellFormed() || CONTROL.test(value))
      this.add('INVALID', 'This holds control characters or half of a character. Type it anew.', path);
  }

  optional(value: string | null, path: Path, limit: number): void {
    if (value !== null) this.text(value, path, limit);
  }

  pattern(value: string | null, pattern: RegExp, example: string, path: Path): void {
    if (value !== null && !pattern.test(value))
      this.add('INVALID', `This cannot be read. It is written like ${example}.`, path);
  }

  count(list: readonly unknown[], limit: number, path: Path): void {
    if (list.length > limit)
      this.add(
        'TOO_LONG',
        `At most ${limit.toLocaleString('en')} are allowed here, but these are ${list.length.toLocaleString('en')}.`,
        path,
      );
  }

  span({ start, end }: Span, length: number, path: Path): void {
    const isPlace =
      Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= length;
    if (!isPlace)
      this.add(
        'INVALID',
        `The place from ${start} to ${end} is not in the text, which has ${length.toLocaleString('en')} characters. Leave the span out of what the text does not say.`,
        path,
      );
  }

  only(value: unknown, isAllowed: boolean, kind: string, path: Path): void {
    if (value !== null && !isAllowed)
      this.add('INVALID', `Only kind ${kind} has this. Change the kind, or remove it.`, path);
  }
}

const checkSpans = (model: ProcessModel, length: number, findings: Findings): void => {
  const { revision: _revision, handoffs: _handoffs, ...lists } = model;
  for (const [name, list] of Object.entries(lists))
    list.forEach(({ span }, index) => findings.span(span, length, [name, String(index), 'span']));
  for (const name of ['actors', 'dataObjects'] as const)
    model[name].forEach(({ mentions = [] }, index) => {
      const path = [name, String(index), 'mentions'];
      findings.count(mentions, MAX_MENTIONS, path);
      mentions.forEach((span, at) => findings.span(span, length, [...path, String(at)]));
    });
};

const checkActivities = (model: ProcessModel, findings: Findings): void =>
  model.activities.forEach((activity, index) => {
    const path = ['activities', String(index)];
    findings.text(activity.verb, [...path, 'verb'], NAME_MAX_LENGTH);
    findings.optional(activity.object, [...path, 'object'], TEXT_MAX_LENGTH);
    for (const name of ['systemIds', 'inputIds', 'outputIds'] as const)
      findings.count(activity[name], MAX_REFERENCES, [...path, name]);
  });

const checkRules = (model: ProcessModel, findings: Findings): void =>
  model.rules.forEach(({ kind, description, deadline, threshold }, index) => {
    const path = ['rules', String(index)];
    findings.text(description, [...path, 'description'], TEXT_MAX_LENGTH);
    findings.only(deadline, kind === 'DEADLINE', 'DEADLINE', [...path, 'deadline']);
    findings.only(threshold, kind === 'THRESHOLD', 'THRESHOLD', [...path, 'threshold']);
    findings.pattern(deadline?.duration ?? null, DURATION, 'PT48H or P2D', [...path, 'deadline', 'duration']);
    findings.pattern(deadline?.timeOfDay ?? null, TIME_OF_DAY, '14:30', [...path, 'deadline', 'timeOfDay']);
    findings.pattern(threshold?.currency ?? null, CURRENCY, 'EUR', [...path, 'threshold', 'currency']);
    findings.optional(threshold?.unit ?? null, [...path, 'threshold', 'unit'], NAME_MAX_LENGTH);
    if (threshold !== null && !Number.isFinite(threshold.amount))
      findings.add('INVALID', 'This is no amount. Write a number.', [...path, 'threshold', 'amount']);
  });

const isDayOfMonth = (day: number): boolean =>
  Number.isInteger(day) && (day === -1 || (day >= 1 && day <= 31));

const checkTriggers = (model: ProcessModel, findings: Findings): void =>
  model.triggers.forEach(({ kind, description, timer }, index) => {
    const path = ['triggers', String(index)];
    findings.text(description, [...path, 'description'], TEXT_MAX_LENGTH);
    findings.only(timer, kind === 'TIMER', 'TIMER', [...path, 'timer']);
    findings.pattern(timer?.interval ?? null, DURATION, 'P1D or PT15M', [...path, 'timer', 'interval']);
    findings.pattern(timer?.timeOfDay ?? null, TIME_OF_DAY, '07:00', [...path, 'timer', 'timeOfDay']);
    if (typeof timer?.dayOfMonth === 'number' && !isDayOfMonth(timer.dayOfMonth))
      findings.add('INVALID', 'This is no day of a month. Write 1 to 31, or -1 for the last.', [
        ...path,
        'timer',
        'dayOfMonth',
      ]);
  });

export const checkValues = (model: ProcessModel, sourceText: string): readonly UserError[] => {
  const findings = new Findings();
  checkSpans(model, sourceText.length, findings);
  checkActivities(model, findings);
  checkRules(model, findings);
  checkTriggers(model, findings);
  for (const name of ['actors', 'dataObjects', 'systems'] as const)
    model[name].forEach((element, index) =>
      findings.text(element.name, [name, String(index), 'name'], TEXT_MAX_LENGTH),
    );
  for (const name of ['ends', 'exceptions'] as const)
    model[name].forEach(({ description }, index) =>
      findings.text(description, [name, String(index), 'description'], TEXT_MAX_LENGTH),
    );
  model.openQuestions.forEach(({ question, elementIds }, index) => {
    findings.text(question, ['openQuestions', String(index), 'question'], TEXT_MAX_LENGTH);
    findings.count(elementIds, MAX_REFERENCES, ['openQuestions', String(index), 'elementIds']);
  });
  model.gateways.forEach(({ conditions }, index) => {
    findings.count(conditions, MAX_REFERENCES, ['gateways', String(index), 'conditions']);
    conditions.forEach((condition, at) =>
      findings.text(condition, ['gateways', String(index), 'conditions', String(at)], TEXT_MAX_LENGTH, false),
    );
  });
  for (const name of ['flows', 'ends'] as const)
    model[name].forEach(({ condition }, index) =>
      findings.optional(condition, [name, String(index), 'condition'], TEXT_MAX_LENGTH),
    );
  return findings.errors;
};
