-- Tickets and issues of connected systems as they were last seen, and which agents they concern.

CREATE TABLE external_item (
  tenant_id       uuid           NOT NULL,
  integration_id  uuid           NOT NULL,
  key             text           NOT NULL,
  title           text           NOT NULL,
  body            text           NOT NULL,
  state           text           NOT NULL,
  type            text           NOT NULL,
  assignee        text,
  url             text,
  updated_at      timestamptz(6),
  changed_at      timestamptz(6) NOT NULL,
  seen_at         timestamptz(6) NOT NULL,
  CONSTRAINT external_item_pkey PRIMARY KEY (tenant_id, integration_id, key),
  CONSTRAINT external_item_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE INDEX external_item_tenant_id_integration_id_changed_at_key_idx
  ON external_item (tenant_id, integration_id, changed_at, key);

ALTER TABLE external_item ENABLE ROW LEVEL SECURITY;
ALTER TABLE external_item FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON external_item TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON external_item TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON external_item TO flowgrid_integrations;

CREATE TABLE agent_item (
  tenant_id       uuid           NOT NULL,
  agent_id        uuid           NOT NULL,
  integration_id  uuid           NOT NULL,
  item_key        text           NOT NULL,
  reason          text           NOT NULL,
  tied_at         timestamptz(6) NOT NULL,
  CONSTRAINT agent_item_pkey PRIMARY KEY (tenant_id, agent_id, integration_id, item_key),
  CONSTRAINT agent_item_tenant_id_integration_id_item_key_fkey FOREIGN KEY (tenant_id, integration_id, item_key)
    REFERENCES external_item (tenant_id, integration_id, key) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE INDEX agent_item_tenant_id_integration_id_item_key_idx ON agent_item (tenant_id, integration_id, item_key);

ALTER TABLE agent_item ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_item FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON agent_item TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON agent_item TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON agent_item TO flowgrid_integrations;
