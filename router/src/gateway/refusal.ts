import { errorKind, type FlowgridError } from '@flowgrid/platform';
import { GraphQLError } from 'graphql';

/** A refusal in the form that Apollo Server answers with the HTTP status of its code. */
export function toGraphQLError(refusal: FlowgridError): GraphQLError {
  return new GraphQLError(refusal.message, {
    originalError: refusal,
    extensions: { code: refusal.code, http: { status: errorKind(refusal.code).status } },
  });
}
