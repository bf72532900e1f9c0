-- Accounts, tenants, users, sessions, signing keys, the sign-in throttle, job grants and audit.

GRANT USAGE ON SCHEMA auth TO flowgrid_auth;

-- Global tables: what is needed before a tenant is known, and belongs to none.

CREATE TABLE account (
  id            uuid           NOT NULL,
  email         text           NOT NULL,
  name          text           NOT NULL,
  password_hash text,
  status        text           NOT NULL,
  created_at    timestamptz(6) NOT NULL,
  updated_at    timestamptz(6) NOT NULL,
  CONSTRAINT account_pkey PRIMARY KEY (id),
  CONSTRAINT account_email_is_lower_case CHECK (email = lower(email)),
  CONSTRAINT account_status_is_known CHECK (status IN ('ACTIVE', 'DEACTIVATED'))
);
CREATE UNIQUE INDEX account_email_key ON account (email);
GRANT SELECT, INSERT, UPDATE ON account TO flowgrid_auth;

CREATE TABLE signing_key (
  id                 uuid           NOT NULL,
  use                text           NOT NULL,
  algorithm          text           NOT NULL,
  public_jwk         jsonb          NOT NULL,
  sealed_private_jwk bytea          NOT NULL,
  created_at         timestamptz(6) NOT NULL,
  signs_from         timestamptz(6) NOT NULL,
  retires_at         timestamptz(6),
  CONSTRAINT signing_key_pkey PRIMARY KEY (id),
  CONSTRAINT signing_key_use_is_known CHECK (use IN ('access', 'context'))
);
CREATE INDEX signing_key_use_signs_from_idx ON signing_key (use, signs_from);
GRANT SELECT, INSERT, UPDATE, DELETE ON signing_key TO flowgrid_auth;

CREATE TABLE sign_in_attempt (
  key            text           NOT NULL,
  attempts       integer        NOT NULL,
  window_ends_at timestamptz(6) NOT NULL,
  CONSTRAINT sign_in_attempt_pkey PRIMARY KEY (key)
);
CREATE INDEX sign_in_attempt_window_ends_at_idx ON sign_in_attempt (window_ends_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_attempt TO flowgrid_auth;

-- Tenant tables.

CREATE TABLE tenant (
  id         uuid           NOT NULL,
  slug       text           NOT NULL,
  name       text           NOT NULL,
  created_at timestamptz(6) NOT NULL,
  updated_at timestamptz(6) NOT NULL,
  CONSTRAINT tenant_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX tenant_slug_key ON tenant (slug);
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenant TO flowgrid_auth
  USING (id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON tenant TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON tenant TO flowgrid_auth;

CREATE TABLE app_user (
  tenant_id    uuid           NOT NULL,
  id           uuid           NOT NULL,
  account_id   uuid           NOT NULL,
  email        text           NOT NULL,
  name         text           NOT NULL,
  status       text           NOT NULL,
  last_seen_at timestamptz(6),
  created_at   timestamptz(6) NOT NULL,
  updated_at   timestamptz(6) NOT NULL,
  CONSTRAINT app_user_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT app_user_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT app_user_account_id_fkey FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT app_user_status_is_known CHECK (status IN ('ACTIVE', 'DEACTIVATED', 'INVITED'))
);
CREATE UNIQUE INDEX app_user_tenant_id_account_id_key ON app_user (tenant_id, account_id);
CREATE UNIQUE INDEX app_user_tenant_id_email_key ON app_user (tenant_id, email);
CREATE INDEX app_user_tenant_id_name_id_idx ON app_user (tenant_id, name, id);
CREATE INDEX app_user_account_id_idx ON app_user (account_id);
ALTER TABLE app_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE app_user FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON app_user TO flowgrid_auth
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON app_user TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON app_user TO flowgrid_auth;

CREATE TABLE user_role (
  tenant_id  uuid           NOT NULL,
  user_id    uuid           NOT NULL,
  role       text           NOT NULL,
  created_at timestamptz(6) NOT NULL,
  CONSTRAINT user_role_pkey PRIMARY KEY (tenant_id, user_id, role),
  CONSTRAINT user_role_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app_user (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
ALTER TABLE user_role ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_role FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON user_role TO flowgrid_auth
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON user_role TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON user_role TO flowgrid_auth;

CREATE TABLE session (
  tenant_id      uuid           NOT NULL,
  id             uuid           NOT NULL,
  user_id        uuid           NOT NULL,
  created_at     timestamptz(6) NOT NULL,
  expires_at     timestamptz(6) NOT NULL,
  revoked_at     timestamptz(6),
  revoked_reason text,
  CONSTRAINT session_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT session_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app_user (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX session_tenant_id_user_id_idx ON session (tenant_id, user_id);
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE session FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON session TO flowgrid_auth
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON session TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON session TO flowgrid_auth;

CREATE TABLE refresh_token (
  tenant_id  uuid           NOT NULL,
  id         uuid           NOT NULL,
  session_id uuid           NOT NULL,
  token_hash text           NOT NULL,
  created_at timestamptz(6) NOT NULL,
  expires_at timestamptz(6) NOT NULL,
  used_at    timestamptz(6),
  CONSTRAINT refresh_token_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT refresh_token_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id) REFERENCES session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
-- Without the tenant in front: a token is looked up before its tenant is known, and its hash says nothing to anyone.
CREATE UNIQUE INDEX refresh_token_token_hash_key ON refresh_token (token_hash);
CREATE INDEX refresh_token_tenant_id_session_id_idx ON refresh_token (tenant_id, session_id);
ALTER TABLE refresh_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_token FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON refresh_token TO flowgrid_auth
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON refresh_token TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON refresh_token TO flowgrid_auth;

CREATE TABLE job_grant (
  tenant_id   uuid           NOT NULL,
  job_kind    text           NOT NULL,
  job_id      uuid           NOT NULL,
  audience    text           NOT NULL,
  user_id     uuid           NOT NULL,
  permissions text[],
  created_at  timestamptz(6) NOT NULL,
  CONSTRAINT job_grant_pkey PRIMARY KEY (tenant_id, job_kind, job_id, audience),
  CONSTRAINT job_grant_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES app_user (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX job_grant_tenant_id_user_id_idx ON job_grant (tenant_id, user_id);
ALTER TABLE job_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_grant FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON job_grant TO flowgrid_auth
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON job_grant TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON job_grant TO flowgrid_auth;

CREATE TABLE audit_event (
  tenant_id     uuid           NOT NULL,
  id            uuid           NOT NULL,
  at            timestamptz(6) NOT NULL,
  actor_kind    text           NOT NULL,
  actor_id      text           NOT NULL,
  actor_name    text           NOT NULL,
  actor_user_id uuid,
  action        text           NOT NULL,
  resource_type text           NOT NULL,
  resource_id   text           NOT NULL,
  changes       jsonb          NOT NULL,
  request_id    text,
  CONSTRAINT audit_event_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_event_tenant_id_at_idx ON audit_event (tenant_id, at);
ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_event TO flowgrid_auth
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON audit_event TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON audit_event TO flowgrid_auth;

CREATE FUNCTION refuse_audit_change() RETURNS trigger
  LANGUAGE plpgsql SET search_path = auth, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'audit events are never changed or removed';
END
$$;
REVOKE EXECUTE ON FUNCTION refuse_audit_change() FROM PUBLIC;
CREATE TRIGGER audit_event_is_insert_only BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();

-- What is looked up before a tenant is known. Each takes an unguessable or public key and says where the row is, no more.

CREATE FUNCTION find_tenant_by_slug(wanted_slug text) RETURNS TABLE (tenant_id uuid, id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = auth, pg_temp AS $$
  SELECT tenant.id, tenant.id FROM tenant WHERE tenant.slug = wanted_slug
$$;
REVOKE EXECUTE ON FUNCTION find_tenant_by_slug(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_tenant_by_slug(text) TO flowgrid_auth;

CREATE FUNCTION find_active_users_of_account(wanted_account_id uuid) RETURNS TABLE (tenant_id uuid, id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = auth, pg_temp AS $$
  SELECT app_user.tenant_id, app_user.id FROM app_user
  WHERE app_user.account_id = wanted_account_id AND app_user.status = 'ACTIVE'
$$;
REVOKE EXECUTE ON FUNCTION find_active_users_of_account(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_active_users_of_account(uuid) TO flowgrid_auth;

CREATE FUNCTION find_refresh_token_by_hash(wanted_hash text) RETURNS TABLE (tenant_id uuid, id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = auth, pg_temp AS $$
  SELECT refresh_token.tenant_id, refresh_token.id FROM refresh_token WHERE refresh_token.token_hash = wanted_hash
$$;
REVOKE EXECUTE ON FUNCTION find_refresh_token_by_hash(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_refresh_token_by_hash(text) TO flowgrid_auth;
