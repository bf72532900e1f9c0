-- ArchiMate models that tenants imported, their elements, and which agents they are linked to.

CREATE TABLE archimate_model (
  tenant_id           uuid           NOT NULL,
  id                  uuid           NOT NULL,
  name                text           NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  format              text           NOT NULL CHECK (format IN ('EXCHANGE', 'ARCHI', 'ARCHI_ZIP')),
  format_version      text,
  tool                text,
  -- As exchange file, whatever form it came in.
  exchange            bytea          NOT NULL CHECK (octet_length(exchange) <= 64 * 1024 * 1024),
  element_count       integer        NOT NULL,
  relationship_count  integer        NOT NULL,
  view_count          integer        NOT NULL,
  -- The gravest ones; finding_count says how many there were.
  findings            jsonb          NOT NULL,
  finding_count       integer        NOT NULL,
  created_by_user_id  uuid,
  created_at          timestamptz(6) NOT NULL,
  CONSTRAINT archimate_model_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX archimate_model_tenant_id_created_at_id_idx ON archimate_model (tenant_id, created_at, id);

-- What lists and searches show; the model itself is in the exchange file.
CREATE TABLE archimate_element (
  tenant_id      uuid     NOT NULL,
  model_id       uuid     NOT NULL,
  -- Its identifier in the file.
  element_id     text     NOT NULL CHECK (char_length(element_id) BETWEEN 1 AND 256),
  position       integer  NOT NULL,
  type           text     NOT NULL,
  name           text     NOT NULL,
  documentation  text     NOT NULL,
  CONSTRAINT archimate_element_pkey PRIMARY KEY (tenant_id, model_id, element_id),
  CONSTRAINT archimate_element_tenant_id_model_id_fkey FOREIGN KEY (tenant_id, model_id)
    REFERENCES archimate_model (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX archimate_element_tenant_id_model_id_position_key
  ON archimate_element (tenant_id, model_id, position);

CREATE TABLE archimate_link (
  tenant_id   uuid           NOT NULL,
  model_id    uuid           NOT NULL,
  element_id  text           NOT NULL,
  agent_id    uuid           NOT NULL,
  linked_at   timestamptz(6) NOT NULL,
  CONSTRAINT archimate_link_pkey PRIMARY KEY (tenant_id, model_id, element_id, agent_id),
  CONSTRAINT archimate_link_tenant_id_model_id_element_id_fkey FOREIGN KEY (tenant_id, model_id, element_id)
    REFERENCES archimate_element (tenant_id, model_id, element_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX archimate_link_tenant_id_agent_id_idx ON archimate_link (tenant_id, agent_id);

DO $isolation$
DECLARE
  tenant_table text;
  own_tenant constant text := 'tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid)';
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['archimate_model', 'archimate_element', 'archimate_link'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I TO flowgrid_design USING (%s) WITH CHECK (%s)',
      tenant_table, own_tenant, own_tenant);
    EXECUTE format('CREATE POLICY owner_access ON %I TO flowgrid_owner USING (true) WITH CHECK (true)', tenant_table);
  END LOOP;
END
$isolation$;

-- An import is never changed; it is deleted whole. UPDATE of one column is for the lock of a row.
GRANT SELECT, INSERT, DELETE ON archimate_model, archimate_link TO flowgrid_design;
GRANT SELECT, INSERT ON archimate_element TO flowgrid_design;
GRANT UPDATE (name) ON archimate_model TO flowgrid_design;
