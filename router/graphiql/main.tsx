/** The GraphQL playground: GraphiQL with subscriptions over graphql-ws and a hint on how to sign in. */
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { DEFAULT_QUERY, SIGN_IN_STEPS } from './texts.ts';

const address = new URL('/graphql', location.href);
const socketAddress = new URL(address);
socketAddress.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';

// The toolkit copies the headers editor into the payload of `connection_init`, where the router reads the token.
const fetcher = createGraphiQLFetcher({ url: address.href, subscriptionUrl: socketAddress.href });

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root element');
createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    defaultQuery={DEFAULT_QUERY}
    defaultEditorToolsVisibility="headers"
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <span className="flowgrid-logo">Flowgrid</span>
    </GraphiQL.Logo>
    <GraphiQL.Footer>
      <p className="flowgrid-hint">{SIGN_IN_STEPS}</p>
    </GraphiQL.Footer>
  </GraphiQL>,
);
