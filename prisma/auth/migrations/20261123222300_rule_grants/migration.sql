-- That a rule of the integrations service may start designs on behalf of the user who made it.
CREATE TABLE rule_grant (
  tenant_id   uuid           NOT NULL,
  rule_id     uuid           NOT NULL,
  user_id     uuid           NOT NULL,
  rule_name   text           NOT NULL,
  created_at  timestamptz(6) NOT NULL,
  CONSTRAINT rule_grant_pkey PRIMARY KEY (tenant_id, rule_id),
  CONSTRAINT rule_grant_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app_user (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX rule_grant_tenant_id_user_id_idx ON rule_grant (tenant_id, user_id);
ALTER TABLE rule_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE rule_grant FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON rule_grant TO flowgrid_auth
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON rule_grant TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON rule_grant TO flowgrid_auth;
