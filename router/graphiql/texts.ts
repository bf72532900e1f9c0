export const SIGN_IN_STEPS =
  'To sign in, run the signIn mutation and put its accessToken into Headers: {"authorization": "Bearer <accessToken>"}. ' +
  'Subscriptions use it too.';

export const DEFAULT_QUERY = `# 1. Sign in, and copy the accessToken from the answer.
mutation SignIn {
  signIn(input: { email: "editor@acme.test", password: "flowgrid-demo", tenant: "acme" }) {
    accessToken
    errors {
      message
    }
  }
}

# 2. Put it into the Headers editor below: { "authorization": "Bearer <accessToken>" }
query Agents {
  viewer {
    tenant {
      name
    }
    permissions
  }
  agents(first: 5) {
    edges {
      node {
        name
        status
        owner {
          name
        }
      }
    }
  }
}
`;
