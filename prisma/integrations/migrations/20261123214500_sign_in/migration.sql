-- Sign-ins at other systems by OAuth: the tokens that they gave, and those that somebody has begun in the browser.

CREATE TABLE oauth_token (
  tenant_id            uuid NOT NULL,
  integration_id       uuid NOT NULL,
  envelope             jsonb NOT NULL,
  -- Of the credential that the tokens belong to: another one has to be signed in with again.
  connection_revision  integer NOT NULL,
  -- Rises with every pair of tokens: a pair is only ever stored in the place of the one that it was had for.
  generation           integer NOT NULL,
  api_url              text,
  expires_at           timestamptz(6),
  refreshed_at         timestamptz(6) NOT NULL,
  -- Set while a refresh is under way, and left when it ended without an answer.
  refresh_started_at   timestamptz(6),
  lease_until          timestamptz(6),
  ended_at             timestamptz(6),
  end_reason           text,
  CONSTRAINT oauth_token_pkey PRIMARY KEY (tenant_id, integration_id),
  CONSTRAINT oauth_token_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE INDEX oauth_token_refresh_started_at_idx ON oauth_token (refresh_started_at);
CREATE INDEX oauth_token_refreshed_at_idx ON oauth_token (refreshed_at);

ALTER TABLE oauth_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE oauth_token FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON oauth_token TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON oauth_token TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON oauth_token TO flowgrid_integrations;

CREATE TABLE authorization_request (
  tenant_id            uuid NOT NULL,
  id                   uuid NOT NULL,
  integration_id       uuid NOT NULL,
  user_id              uuid NOT NULL,
  state_hash           text NOT NULL,
  -- The PKCE verifier.
  envelope             jsonb NOT NULL,
  connection_revision  integer NOT NULL,
  created_at           timestamptz(6) NOT NULL,
  expires_at           timestamptz(6) NOT NULL,
  CONSTRAINT authorization_request_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT authorization_request_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE UNIQUE INDEX authorization_request_tenant_id_state_hash_key ON authorization_request (tenant_id, state_hash);
CREATE INDEX authorization_request_tenant_id_expires_at_idx ON authorization_request (tenant_id, expires_at);

ALTER TABLE authorization_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE authorization_request FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON authorization_request TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON authorization_request TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON authorization_request TO flowgrid_integrations;
GRANT UPDATE (envelope) ON authorization_request TO flowgrid_integrations;

-- Tokens whose refresh ended without an answer, and those that would end because nobody uses them: for the delivery worker.
CREATE FUNCTION list_oauth_tokens_to_tend(unused_days integer, page_size integer) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  SELECT token.tenant_id, token.integration_id FROM oauth_token AS token
  WHERE token.ended_at IS NULL
    AND ((token.refresh_started_at IS NOT NULL AND (token.lease_until IS NULL OR token.lease_until < now()))
      OR (token.refreshed_at < now() - make_interval(days => greatest(unused_days, 1))
        AND (token.lease_until IS NULL OR token.lease_until < now())))
  ORDER BY token.refresh_started_at NULLS LAST, token.refreshed_at
  LIMIT least(greatest(page_size, 1), 1000)
$$;

REVOKE EXECUTE ON FUNCTION list_oauth_tokens_to_tend(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_oauth_tokens_to_tend(integer, integer) TO flowgrid_integrations;
