-- The agents of each tenant as far as designs need them: a copy that follows the events of the agents service, so that a
-- design runs while that service is away.

CREATE TABLE known_agent (
  tenant_id    uuid           NOT NULL,
  id           uuid           NOT NULL,
  name         text           NOT NULL,
  description  text           NOT NULL,
  status       text           NOT NULL CHECK (status IN ('DRAFT', 'PUBLISHED', 'ARCHIVED', 'DELETED')),
  revision     integer        NOT NULL,
  created_at   timestamptz(6) NOT NULL,
  CONSTRAINT known_agent_pkey PRIMARY KEY (tenant_id, id),
  -- Of a deleted agent only that it was: so a late event does not bring it back.
  CHECK (status <> 'DELETED' OR (name = '' AND description = ''))
);
CREATE INDEX known_agent_tenant_id_created_at_id_idx ON known_agent (tenant_id, created_at, id);

ALTER TABLE known_agent ENABLE ROW LEVEL SECURITY;
ALTER TABLE known_agent FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON known_agent TO flowgrid_design
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON known_agent TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON known_agent TO flowgrid_design;

-- On whose behalf a job works, for its audit rows and events; unknown for jobs that were queued before.
ALTER TABLE job_grant ADD COLUMN actor_user_id uuid;
