-- Secrets are sealed by data keys of their tenant, which a key-encryption key outside of the database has wrapped.

CREATE TABLE data_key (
  tenant_id    uuid NOT NULL,
  id           uuid NOT NULL,
  version      integer NOT NULL,
  wrapped_key  text NOT NULL,
  wrapped_by   text NOT NULL,
  created_at   timestamptz(6) NOT NULL,
  active_at    timestamptz(6) NOT NULL,
  wrapped_at   timestamptz(6) NOT NULL,
  CONSTRAINT data_key_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX data_key_tenant_id_version_key ON data_key (tenant_id, version);

ALTER TABLE data_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE data_key FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON data_key TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON data_key TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON data_key TO flowgrid_integrations;
-- A key is wrapped again, and otherwise stays what it is.
GRANT UPDATE (wrapped_key, wrapped_by, wrapped_at) ON data_key TO flowgrid_integrations;

-- Sealed again with another key; the secret itself is only ever replaced.
GRANT UPDATE (envelope) ON integration_credential TO flowgrid_integrations;

-- Data keys that another key than this one has wrapped, or that have a successor, from a place on: for the sweeper.
CREATE FUNCTION list_data_keys_to_tend(current_key text, after_tenant uuid, after_id uuid, page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  SELECT key.tenant_id, key.id FROM data_key AS key
  WHERE (key.tenant_id, key.id) > (after_tenant, after_id)
    AND (key.wrapped_by <> current_key
      OR EXISTS (SELECT FROM data_key AS newer WHERE newer.tenant_id = key.tenant_id AND newer.version > key.version))
  ORDER BY key.tenant_id, key.id
  LIMIT least(greatest(page_size, 1), 1000)
$$;

-- Credentials that were sealed before there were data keys, from a place on: for the sweeper.
CREATE FUNCTION list_former_credentials(after_tenant uuid, after_id uuid, page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  SELECT DISTINCT credential.tenant_id, credential.integration_id FROM integration_credential AS credential
  WHERE (credential.tenant_id, credential.integration_id) > (after_tenant, after_id)
    AND credential.envelope ->> 'v' = '1'
  ORDER BY credential.tenant_id, credential.integration_id
  LIMIT least(greatest(page_size, 1), 1000)
$$;

-- How many data keys there are, of how many tenants, and how many another key than this one has wrapped: for the operator.
CREATE FUNCTION measure_data_keys(current_key text)
RETURNS TABLE (keys integer, tenants integer, wrapped_by_others integer, superseded integer, former_credentials integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  SELECT count(*)::integer,
         count(DISTINCT key.tenant_id)::integer,
         count(*) FILTER (WHERE key.wrapped_by <> current_key)::integer,
         count(*) FILTER (WHERE EXISTS (
           SELECT FROM data_key AS newer WHERE newer.tenant_id = key.tenant_id AND newer.version > key.version))::integer,
         (SELECT count(*)::integer FROM integration_credential AS credential WHERE credential.envelope ->> 'v' = '1')
  FROM data_key AS key
$$;

REVOKE EXECUTE ON FUNCTION list_data_keys_to_tend(text, uuid, uuid, integer),
  list_former_credentials(uuid, uuid, integer), measure_data_keys(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_data_keys_to_tend(text, uuid, uuid, integer),
  list_former_credentials(uuid, uuid, integer), measure_data_keys(text) TO flowgrid_integrations;
