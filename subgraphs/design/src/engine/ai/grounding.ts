/** Whether what a model says stands in the text, in the message of a refinement, or was there before. */
import { containsPhrase, oneLine, toContentWords, toStem } from '../../modules/definition/plain-text.ts';
import type { ProcessModel, Span } from '../../modules/process-model/process-model.ts';
import type { Rejection } from '../engine.ts';
import { QuoteLocator } from './locate-quotes.ts';

export const NOWHERE: Span = { start: 0, end: 0 };
const MAX_REJECTIONS = 100;

export interface GroundingInput {
  readonly sourceText: string;
  readonly previous: { readonly model: ProcessModel; readonly message: string } | null;
}

export class Grounding {
  readonly rejections: Rejection[] = [];
  readonly #source: QuoteLocator;
  readonly #message: QuoteLocator;
  readonly #text: string;
  readonly #stems: ReadonlySet<string>;

  constructor({ sourceText, previous }: GroundingInput) {
    const message = previous?.message ?? '';
    this.#source = new QuoteLocator(sourceText);
    this.#message = new QuoteLocator(message);
    this.#text = `${sourceText}\n${message}`;
    this.#stems = new Set(toContentWords(this.#text).map(toStem));
  }

  /** Where the words stand; NOWHERE for what the message asks for; null when nobody says it. */
  place(quote: string, from = 0): Span | null {
    return this.#source.locate(quote, from) ?? (this.#message.has(quote) ? NOWHERE : null);
  }

  /** Whether the name as a whole is in the text: software is not guessed. */
  names(name: string): boolean {
    return containsPhrase(this.#text, name);
  }

  /** Whether the words could come from the text, in another form or order. */
  isFromText(words: string): boolean {
    const stems = toContentWords(words).map(toStem);
    return stems.length > 0 && stems.every((stem) => this.#stems.has(stem));
  }

  reject(subject: string, reason: string): void {
    if (this.rejections.length === MAX_REJECTIONS) return;
    this.rejections.push({ phase: 'ANALYSIS', subject: oneLine(subject, 120), reason });
  }
}
