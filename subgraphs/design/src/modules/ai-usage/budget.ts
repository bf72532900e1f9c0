/** Whether a month's budget allows a further call. */
import { inWords, renewalInWords, type Month } from './month.ts';

export interface BudgetState {
  readonly budgetUsd: number;
  /** Of calls that are over, and of reservations so old that nobody settles them any more. */
  readonly spentUsd: number;
  /** Of calls under way. */
  readonly reservedUsd: number;
}

/** After so long a reservation is spent: whoever made it was killed, and the provider may have done the work. */
export const RESERVATION_MS = 60 * 60 * 1000;

/** Sums of parts of a cent are not exact. */
const EPSILON_USD = 1e-9;

export function allows({ budgetUsd, spentUsd, reservedUsd }: BudgetState, mostUsd: number): boolean {
  return spentUsd + reservedUsd + mostUsd <= budgetUsd + EPSILON_USD;
}

export function remainingOf({ budgetUsd, spentUsd, reservedUsd }: BudgetState): number {
  return Math.max(0, budgetUsd - spentUsd - reservedUsd);
}

/** What the person who waits for the design is told. */
export function budgetRefusal(state: BudgetState, mostUsd: number, month: Month): string {
  const reserved =
    state.reservedUsd > 0 ? ` and ${inUsd(state.reservedUsd)} reserved by requests under way` : '';
  return (
    `The AI budget of your organisation for ${inWords(month)} is ${inUsd(state.budgetUsd)}: ${inUsd(state.spentUsd)} is ` +
    `spent${reserved}, and this request may cost up to ${inUsd(mostUsd)}. It renews on ${renewalInWords(month)} (UTC). ` +
    'Someone with the permission tenant:manage can raise it in the design settings; the local engine costs nothing.'
  );
}

/** Cents, and more places where a cent is too much. */
function inUsd(value: number): string {
  return `USD ${value > 0 && value < 0.01 ? value.toPrecision(2) : value.toFixed(2)}`;
}
