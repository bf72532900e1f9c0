-- Integrations of tenants, their sealed credentials, and the agents that use them.

GRANT USAGE ON SCHEMA integrations TO flowgrid_integrations;

CREATE TABLE integration (
    tenant_id            uuid           NOT NULL,
    id                   uuid           NOT NULL,
    kind                 text           NOT NULL,
    name                 text           NOT NULL,
    base_url             text           NOT NULL,
    status               text           NOT NULL,
    credential_hint      text,
    last_error           text,
    last_tested_at       timestamptz(6),
    connection_revision  integer        NOT NULL,
    created_at           timestamptz(6) NOT NULL,
    updated_at           timestamptz(6) NOT NULL,
    CONSTRAINT integration_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT integration_kind_check CHECK (kind IN ('GITHUB', 'JIRA', 'SERVICENOW')),
    CONSTRAINT integration_status_check CHECK (status IN ('UNTESTED', 'CONNECTED', 'FAILED'))
);

CREATE UNIQUE INDEX integration_tenant_id_kind_name_key ON integration (tenant_id, kind, name);

-- A credential is replaced as a whole, never altered: no UPDATE right below.
CREATE TABLE integration_credential (
    tenant_id       uuid           NOT NULL,
    integration_id  uuid           NOT NULL,
    field           text           NOT NULL,
    envelope        jsonb          NOT NULL,
    sealed_at       timestamptz(6) NOT NULL,
    CONSTRAINT integration_credential_pkey PRIMARY KEY (tenant_id, integration_id, field),
    CONSTRAINT integration_credential_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
        REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);

CREATE TABLE agent_integration (
    tenant_id       uuid           NOT NULL,
    agent_id        uuid           NOT NULL,
    integration_id  uuid           NOT NULL,
    linked_at       timestamptz(6) NOT NULL,
    CONSTRAINT agent_integration_pkey PRIMARY KEY (tenant_id, agent_id, integration_id),
    CONSTRAINT agent_integration_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
        REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);

CREATE INDEX agent_integration_tenant_id_integration_id_idx ON agent_integration (tenant_id, integration_id);

CREATE TABLE audit_event (
    tenant_id      uuid           NOT NULL,
    id             uuid           NOT NULL,
    at             timestamptz(6) NOT NULL,
    actor_kind     text           NOT NULL,
    actor_id       text           NOT NULL,
    actor_name     text           NOT NULL,
    actor_user_id  uuid,
    action         text           NOT NULL,
    resource_type  text           NOT NULL,
    resource_id    text           NOT NULL,
    changes        jsonb          NOT NULL,
    request_id     text,
    CONSTRAINT audit_event_pkey PRIMARY KEY (tenant_id, id)
);

CREATE INDEX audit_event_tenant_id_at_idx ON audit_event (tenant_id, at);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql SET search_path = integrations, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'audit events are only ever inserted' USING ERRCODE = 'insufficient_privilege';
END
$$;

REVOKE EXECUTE ON FUNCTION refuse_audit_change() FROM PUBLIC;

-- The grants below leave the service no such right; this holds for the owner too.
CREATE TRIGGER audit_event_insert_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();

ALTER TABLE integration ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON integration TO flowgrid_integrations
    USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON integration TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON integration TO flowgrid_integrations;

ALTER TABLE integration_credential ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration_credential FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON integration_credential TO flowgrid_integrations
    USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON integration_credential TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON integration_credential TO flowgrid_integrations;

ALTER TABLE agent_integration ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_integration FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON agent_integration TO flowgrid_integrations
    USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON agent_integration TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON agent_integration TO flowgrid_integrations;

ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_event TO flowgrid_integrations
    USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
    WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON audit_event TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON audit_event TO flowgrid_integrations;
