/** The kinds of failure that a client can tell apart, and what each means on the wire. */
const ERROR_KINDS = {
  UNAUTHENTICATED: { status: 401, level: 'info' },
  FORBIDDEN: { status: 403, level: 'info' },
  NOT_FOUND: { status: 404, level: 'debug' },
  CONFLICT: { status: 409, level: 'info' },
  BAD_USER_INPUT: { status: 400, level: 'info' },
  PAYLOAD_TOO_LARGE: { status: 413, level: 'info' },
  RATE_LIMITED: { status: 429, level: 'info' },
  QUERY_TOO_COMPLEX: { status: 400, level: 'info' },
  PERSISTED_QUERY_NOT_FOUND: { status: 400, level: 'debug' },
  SERVICE_UNAVAILABLE: { status: 503, level: 'warn' },
  INTERNAL_SERVER_ERROR: { status: 500, level: 'error' },
} as const;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** True when `value` is one of the codes that clients may see. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_KINDS, value);
}

/** HTTP status and log level of a code. */
export function errorKind(code: ErrorCode): (typeof ERROR_KINDS)[ErrorCode] {
  return ERROR_KINDS[code];
}

/**
 * A refusal or an absence that the client is told about. The message is shown to the client:
 * it names what is wrong and how to mend it, and says nothing about rows of other tenants.
 */
export class FlowgridError extends Error {
  override readonly name = 'FlowgridError';
  readonly code: ErrorCode;
  /** Additional, public facts: they become `extensions` of the GraphQL error. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The answer for an id that does not exist or belongs to another tenant: the two are never told apart. */
export function notFound(what: string): FlowgridError {
  return new FlowgridError('NOT_FOUND', `${what} not found.`);
}

/** A broken assumption of the program, never caused by input. Throws a plain `Error`, which is masked on the wire. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${message}`);
}

/** Ends an exhaustive switch: the compiler refuses a case that was forgotten. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable value: ${String(value)}`);
}
