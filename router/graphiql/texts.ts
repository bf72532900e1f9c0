/** What the playground says to someone who opens it for the first time. */

export const SIGN_IN_STEPS =
  'Run SignIn, copy the accessToken, and put it into Headers on the left in place of <accessToken>, without the // before it. ' +
  'Queries, mutations and subscriptions all use it.';

/** As a comment: a header with anything but a token in it would be refused. */
export const DEFAULT_HEADERS = `{
  // "authorization": "Bearer <accessToken>"
}
`;

/** Narrow enough to be read without scrolling to the side. */
export const DEFAULT_QUERY = `# The button on the right runs one of these operations.

# 1. Sign in, and copy the accessToken into Headers below.
mutation SignIn {
  signIn(input: {
    email: "editor@acme.test"
    password: "flowgrid-demo"
    tenant: "acme"
  }) {
    accessToken
    errors { message }
  }
}

# 2. Look around in the company that you signed in to.
query Agents {
  viewer { tenant { name } permissions }
  agents(first: 5) {
    edges { node { name status owner { name } } }
  }
}

# 3. Have an agent designed from words, and copy the id
#    into Variables below: { "session": "<id>" }
mutation StartDesign {
  startDesign(input: {
    title: "Claims"
    description: """
    A customer sends a claim by email. The claims clerk
    records it in Jira and checks the policy. If the amount
    is above 5,000 euros, the team lead approves the claim.
    """
  }) {
    session { id state }
    errors { message }
  }
}

# 4. Follow the design, as it happens, to its end.
subscription Progress($session: ID!) {
  designProgress(sessionId: $session) {
    sequence phase state percent message
  }
}
`;
