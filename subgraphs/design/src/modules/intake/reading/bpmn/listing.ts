/** A text that is written piece by piece, and tells where each piece stands. */
import type { Span } from '../../../process-model/process-model.ts';

export class Listing {
  #text = '';

  get text(): string {
    return this.#text.trimEnd();
  }

  write(piece: string): Span {
    const start = this.#text.length;
    this.#text += piece;
    return { start, end: this.#text.length };
  }

  endLine(): void {
    this.write('\n');
  }
}
