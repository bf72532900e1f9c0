/** How the other system refused, in words for the tenant. */

/** The other system answered, and not with what was asked for. The message repeats nothing that it sent. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError';
  /** Of the answer, when it is what failed. */
  readonly status: number | null;

  constructor(message: string, options: { readonly cause?: unknown; readonly status?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status ?? null;
  }
}

const MAX_LOGIN_LENGTH = 200;
const MAX_WAIT_SECONDS = 24 * 60 * 60;

/** A text of the other system, fit to be shown and stored. */
export function toLogin(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '').slice(0, MAX_LOGIN_LENGTH);
}

/** What a failing status means for the tenant. `notFoundHint` says what an address without this API suggests. */
export function statusError(
  status: number,
  answer: { readonly system: string; readonly notFoundHint: string; readonly retryAfter: string | null },
): ConnectorError {
  return new ConnectorError(statusMessage(status, answer), { status });
}

function statusMessage(status: number, answer: Parameters<typeof statusError>[1]): string {
  const { system } = answer;
  if (status === 401) return `${system} does not accept the credential (401). Enter a valid one.`;
  if (status === 403) return `${system} knows the credential and forbids this (403). Check its permissions.`;
  if (status === 404) return `Nothing answers at this address (404). ${answer.notFoundHint}`;
  if (status === 429) return `${system} receives too many requests (429). ${waitHint(answer.retryAfter)}`;
  if (status >= 500) return `${system} has a failure of its own (${status}). Try again later.`;
  return `${system} answered with the unexpected status ${status}.`;
}

function waitHint(retryAfter: string | null): string {
  const seconds = /^\d{1,9}$/.test(retryAfter ?? '') ? Number(retryAfter) : null;
  if (seconds === null || seconds > MAX_WAIT_SECONDS) return 'Try again later.';
  return `Try again in ${seconds} s.`;
}

/** The answer came and is not the one of this API: a login page, a proxy, another product. */
export function unreadableAnswer(system: string, cause?: unknown): ConnectorError {
  return new ConnectorError(`The answer is not one of ${system}'s API. Check the address.`, { cause });
}

/** Null instead of an answer of 404, where that says that there is nothing of this name. */
export async function orNullWhenMissing<Result>(work: Promise<Result>): Promise<Result | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ConnectorError && error.status === 404) return null;
    throw error;
  }
}
