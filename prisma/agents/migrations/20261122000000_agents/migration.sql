-- Agents, their immutable versions, what each environment runs, and who changed what.

GRANT USAGE ON SCHEMA agents TO flowgrid_agents;

CREATE TABLE agent (
  tenant_id       uuid NOT NULL,
  id              uuid NOT NULL,
  slug            text NOT NULL,
  name            text NOT NULL,
  description     text NOT NULL,
  tags            text[] NOT NULL,
  metadata        jsonb NOT NULL,
  status          text NOT NULL CONSTRAINT agent_status_check CHECK (status IN ('DRAFT', 'PUBLISHED', 'ARCHIVED')),
  owner_id        uuid,
  created_by_id   uuid,
  revision        integer NOT NULL,
  latest_number   integer NOT NULL,
  creation_digest text NOT NULL,
  sort_name       text COLLATE "C" NOT NULL,
  search_text     text NOT NULL,
  created_at      timestamptz(6) NOT NULL,
  updated_at      timestamptz(6) NOT NULL,
  CONSTRAINT agent_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX agent_tenant_id_slug_key ON agent (tenant_id, slug);
CREATE INDEX agent_tenant_id_sort_name_id_idx ON agent (tenant_id, sort_name, id);
CREATE INDEX agent_tenant_id_created_at_id_idx ON agent (tenant_id, created_at, id);
CREATE INDEX agent_tenant_id_updated_at_id_idx ON agent (tenant_id, updated_at, id);

ALTER TABLE agent ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON agent TO flowgrid_agents
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON agent TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON agent TO flowgrid_agents;

CREATE TABLE agent_version (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  agent_id       uuid NOT NULL,
  number         integer NOT NULL CONSTRAINT agent_version_number_check CHECK (number > 0),
  definition     jsonb NOT NULL,
  digest         text NOT NULL,
  note           text,
  author_kind    text NOT NULL,
  author_id      text NOT NULL,
  author_name    text NOT NULL,
  author_user_id uuid,
  parent_number  integer,
  restored_from  integer,
  created_at     timestamptz(6) NOT NULL,
  CONSTRAINT agent_version_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT agent_version_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id)
    REFERENCES agent (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX agent_version_tenant_id_agent_id_number_key ON agent_version (tenant_id, agent_id, number);

ALTER TABLE agent_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_version FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON agent_version TO flowgrid_agents
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON agent_version TO flowgrid_owner USING (true) WITH CHECK (true);
-- Versions end only with their agent: the cascade runs with the owner's rights, so the service needs no DELETE.
GRANT SELECT, INSERT ON agent_version TO flowgrid_agents;

CREATE TABLE agent_environment (
  tenant_id            uuid NOT NULL,
  agent_id             uuid NOT NULL,
  name                 text NOT NULL,
  number               integer NOT NULL,
  published_at         timestamptz(6) NOT NULL,
  published_by_kind    text NOT NULL,
  published_by_id      text NOT NULL,
  published_by_name    text NOT NULL,
  published_by_user_id uuid,
  CONSTRAINT agent_environment_pkey PRIMARY KEY (tenant_id, agent_id, name),
  CONSTRAINT agent_environment_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id)
    REFERENCES agent (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT agent_environment_tenant_id_agent_id_number_fkey FOREIGN KEY (tenant_id, agent_id, number)
    REFERENCES agent_version (tenant_id, agent_id, number) ON DELETE CASCADE
);
CREATE INDEX agent_environment_tenant_id_agent_id_number_idx ON agent_environment (tenant_id, agent_id, number);

ALTER TABLE agent_environment ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_environment FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON agent_environment TO flowgrid_agents
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON agent_environment TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON agent_environment TO flowgrid_agents;

CREATE TABLE audit_event (
  tenant_id     uuid NOT NULL,
  id            uuid NOT NULL,
  at            timestamptz(6) NOT NULL,
  actor_kind    text NOT NULL,
  actor_id      text NOT NULL,
  actor_name    text NOT NULL,
  actor_user_id uuid,
  action        text NOT NULL,
  resource_type text NOT NULL,
  resource_id   text NOT NULL,
  changes       jsonb NOT NULL,
  request_id    text,
  CONSTRAINT audit_event_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_event_tenant_id_at_idx ON audit_event (tenant_id, at);

ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_event TO flowgrid_agents
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON audit_event TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON audit_event TO flowgrid_agents;

-- Whoever holds the right, the owner included, does not rewrite history.
CREATE FUNCTION refuse_change() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = agents, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are immutable', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
REVOKE EXECUTE ON FUNCTION refuse_change() FROM PUBLIC;

CREATE TRIGGER agent_version_immutable BEFORE UPDATE ON agent_version
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_event_immutable BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
