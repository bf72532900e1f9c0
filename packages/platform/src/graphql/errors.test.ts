import { GraphQLError } from 'graphql';
import { expect, test } from 'vitest';
import { FlowgridError } from '../errors.ts';
import { formatGraphQLError } from './errors.ts';

const MASKED = {
  message: 'Internal server error.',
  extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'r' },
};

// The message of a bug can hold addresses and queries; it must not pass for an error of the request.
test('a bug is masked, however it was wrapped on its way', () => {
  const bug = new Error('connect ECONNREFUSED 10.0.0.1');

  expect(formatGraphQLError(bug, 'r')).toEqual(MASKED);
  expect(formatGraphQLError(new GraphQLError(bug.message, { originalError: bug }), 'r')).toEqual(MASKED);
});

test('a refusal keeps its code and message outside resolvers too', () => {
  const refusal = new FlowgridError('RATE_LIMITED', 'Slow down.', { details: { retryAfter: 3 } });

  const formatted = formatGraphQLError(new GraphQLError('x', { originalError: refusal }), 'r');

  expect(formatted).toEqual({ message: 'Slow down.', extensions: { code: 'RATE_LIMITED', retryAfter: 3 } });
});

test('an error of the request passes', () => {
  expect(formatGraphQLError(new GraphQLError('Syntax Error'), 'r')).toEqual({
    message: 'Syntax Error',
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  });
});
