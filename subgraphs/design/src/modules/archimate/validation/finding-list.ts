/** Collects findings; of a file that is wrong throughout, only so many. */
import type { ArchimateFinding } from './finding.ts';

const MAX_FINDINGS = 2_000;

export class FindingList {
  readonly #findings: ArchimateFinding[] = [];
  #total = 0;

  add(finding: ArchimateFinding): void {
    this.#total += 1;
    // An error is never lost behind warnings: it decides whether the model is imported.
    if (this.#findings.length < MAX_FINDINGS || finding.severity === 'ERROR') this.#findings.push(finding);
  }

  get findings(): readonly ArchimateFinding[] {
    return this.#findings;
  }

  /** With those that were too many to keep. */
  get total(): number {
    return this.#total;
  }
}
