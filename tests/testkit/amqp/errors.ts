/** The conditions that Azure Service Bus answers with, and their status in management responses. */
const STATUS = {
  'amqp:not-found': 404,
  'amqp:not-implemented': 501,
  'amqp:unauthorized-access': 401,
  'amqp:not-allowed': 400,
  'amqp:link:detach-forced': 500,
  'amqp:link:message-size-exceeded': 403,
  'amqp:connection:forced': 500,
  'com.microsoft:argument-error': 400,
  'com.microsoft:message-lock-lost': 410,
  'com.microsoft:session-lock-lost': 410,
  'com.microsoft:session-cannot-be-locked': 410,
  'com.microsoft:message-not-found': 404,
  'com.microsoft:server-busy': 503,
  'com.microsoft:timeout': 408,
} as const;

export type Condition = keyof typeof STATUS;

export class AmqpFailure extends Error {
  readonly condition: Condition;

  constructor(condition: Condition, description: string) {
    super(description);
    this.condition = condition;
  }

  get status(): number {
    return STATUS[this.condition];
  }

  toAmqp(): { condition: string; description: string } {
    return { condition: this.condition, description: this.message };
  }
}
