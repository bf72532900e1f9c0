/** The GraphQL playground: GraphiQL with subscriptions over graphql-ws and a hint on how to sign in. */
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { createFetcher } from './fetcher.ts';
import { DEFAULT_HEADERS, DEFAULT_QUERY, SIGN_IN_STEPS } from './texts.ts';

const fetcher = createFetcher(location.href);

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root element');
createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    defaultHeaders={DEFAULT_HEADERS}
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
