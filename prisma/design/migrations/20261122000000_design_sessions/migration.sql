-- Design sessions: what was asked, the queue that works on it, its events and what it produced.

CREATE TABLE design_session (
  tenant_id           uuid             NOT NULL,
  id                  uuid             NOT NULL,
  title               text             NOT NULL,
  description         text             NOT NULL,
  target              text             NOT NULL,
  review_process      boolean          NOT NULL,
  reviewed_at         timestamptz(6),
  agent_id            uuid,
  is_redesign         boolean          NOT NULL,
  base_revision       integer,
  state               text             NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'AWAITING_REVIEW', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  phase               text             NOT NULL CHECK (phase IN ('CONTEXT', 'ANALYSIS', 'DESIGN', 'VALIDATION', 'CODE', 'MODEL', 'DONE')),
  percent             integer          NOT NULL CHECK (percent BETWEEN 0 AND 100),
  last_sequence       integer          NOT NULL,
  process_revision    integer,
  definition          jsonb,
  proposal            jsonb,
  input_tokens        integer          NOT NULL DEFAULT 0,
  output_tokens       integer          NOT NULL DEFAULT 0,
  cost_usd            double precision NOT NULL DEFAULT 0,
  provider            text             NOT NULL DEFAULT 'local',
  failure_phase       text,
  failure_code        text,
  failure_message     text,
  failure_retryable   boolean,
  reserved_agent_id   uuid,
  reserved_name       text,
  reserved_slug       text,
  accepted_at         timestamptz(6),
  created_by_user_id  uuid,
  created_at          timestamptz(6)   NOT NULL,
  updated_at          timestamptz(6)   NOT NULL,
  CONSTRAINT design_session_pkey PRIMARY KEY (tenant_id, id),
  CHECK (char_length(title) BETWEEN 1 AND 200),
  CHECK (char_length(description) <= 50000)
);
CREATE INDEX design_session_tenant_id_created_at_id_idx ON design_session (tenant_id, created_at, id);
CREATE INDEX design_session_tenant_id_agent_id_created_at_idx ON design_session (tenant_id, agent_id, created_at);

CREATE TABLE process_model (
  tenant_id   uuid           NOT NULL,
  session_id  uuid           NOT NULL,
  revision    integer        NOT NULL,
  model       jsonb          NOT NULL,
  created_at  timestamptz(6) NOT NULL,
  CONSTRAINT process_model_pkey PRIMARY KEY (tenant_id, session_id, revision),
  CONSTRAINT process_model_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE design_job (
  tenant_id         uuid           NOT NULL,
  id                uuid           NOT NULL,
  session_id        uuid           NOT NULL,
  state             text           NOT NULL CHECK (state IN ('READY', 'RUNNING', 'WAITING', 'ENDED')),
  attempt           integer        NOT NULL,
  takeovers         integer        NOT NULL,
  run_after         timestamptz(6) NOT NULL,
  lease_expires_at  timestamptz(6),
  created_at        timestamptz(6) NOT NULL,
  CONSTRAINT design_job_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT design_job_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CHECK ((state = 'RUNNING') = (lease_expires_at IS NOT NULL))
);
CREATE UNIQUE INDEX design_job_tenant_id_session_id_key ON design_job (tenant_id, session_id);
CREATE INDEX design_job_state_run_after_idx ON design_job (state, run_after);

CREATE TABLE job_grant (
  tenant_id      uuid           NOT NULL,
  session_id     uuid           NOT NULL,
  actor_id       text           NOT NULL,
  context_token  text           NOT NULL,
  created_at     timestamptz(6) NOT NULL,
  CONSTRAINT job_grant_pkey PRIMARY KEY (tenant_id, session_id),
  CONSTRAINT job_grant_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE design_event (
  tenant_id   uuid           NOT NULL,
  session_id  uuid           NOT NULL,
  sequence    integer        NOT NULL CHECK (sequence >= 1),
  attempt     integer        NOT NULL,
  phase       text           NOT NULL,
  state       text           NOT NULL,
  percent     integer        NOT NULL,
  message     text           NOT NULL,
  at          timestamptz(6) NOT NULL,
  CONSTRAINT design_event_pkey PRIMARY KEY (tenant_id, session_id, sequence),
  CONSTRAINT design_event_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE design_phase_result (
  tenant_id    uuid           NOT NULL,
  session_id   uuid           NOT NULL,
  phase        text           NOT NULL,
  attempt      integer        NOT NULL,
  result       jsonb          NOT NULL,
  finished_at  timestamptz(6) NOT NULL,
  CONSTRAINT design_phase_result_pkey PRIMARY KEY (tenant_id, session_id, phase),
  CONSTRAINT design_phase_result_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE artifact_content (
  tenant_id  uuid   NOT NULL,
  sha256     text   NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  content    bytea  NOT NULL CHECK (octet_length(content) <= 16 * 1024 * 1024),
  CONSTRAINT artifact_content_pkey PRIMARY KEY (tenant_id, sha256)
);

CREATE TABLE design_artifact (
  tenant_id   uuid           NOT NULL,
  id          uuid           NOT NULL,
  session_id  uuid           NOT NULL,
  kind        text           NOT NULL,
  name        text           NOT NULL,
  media_type  text           NOT NULL,
  size        integer        NOT NULL,
  sha256      text           NOT NULL,
  created_at  timestamptz(6) NOT NULL,
  CONSTRAINT design_artifact_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT design_artifact_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT design_artifact_tenant_id_sha256_fkey FOREIGN KEY (tenant_id, sha256)
    REFERENCES artifact_content (tenant_id, sha256) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX design_artifact_tenant_id_session_id_kind_key ON design_artifact (tenant_id, session_id, kind);

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

-- Every table belongs to tenants: rows of the set tenant for the service, all rows for the owner, who serves no request.
DO $isolation$
DECLARE
  tenant_table text;
  own_tenant constant text := 'tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid)';
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY[
    'design_session', 'process_model', 'design_job', 'job_grant', 'design_event', 'design_phase_result',
    'artifact_content', 'design_artifact', 'audit_event'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I TO flowgrid_design USING (%s) WITH CHECK (%s)',
      tenant_table, own_tenant, own_tenant);
    EXECUTE format('CREATE POLICY owner_access ON %I TO flowgrid_owner USING (true) WITH CHECK (true)', tenant_table);
  END LOOP;
END
$isolation$;

-- Events, process models, phase results, contents and audit are written once: no UPDATE, no DELETE.
GRANT USAGE ON SCHEMA design TO flowgrid_design;
GRANT SELECT, INSERT, UPDATE ON design_session, design_job TO flowgrid_design;
GRANT SELECT, INSERT, DELETE ON job_grant, design_artifact TO flowgrid_design;
GRANT SELECT, INSERT ON process_model, design_event, design_phase_result, artifact_content, audit_event TO flowgrid_design;

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit events are never changed or deleted';
END
$$;
REVOKE EXECUTE ON FUNCTION refuse_audit_change() FROM PUBLIC;
CREATE TRIGGER audit_event_is_final BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();

-- A worker knows no tenant before it has a job. It gets one job that waits, or whose worker did not renew its lease,
-- as its tenant and id only; the risen attempt is the token without which it can write nothing. The tenant with the
-- fewest jobs at work comes first: one that queues a hundred designs does not keep the others waiting.
CREATE FUNCTION claim_design_job(lease_seconds integer)
RETURNS TABLE (tenant_id uuid, id uuid, attempt integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = design, pg_temp AS $$
  WITH at_work AS MATERIALIZED (
    SELECT job.tenant_id, count(*) AS jobs
    FROM design_job AS job
    WHERE job.state = 'RUNNING' AND job.lease_expires_at > now()
    GROUP BY job.tenant_id
  ), next AS MATERIALIZED (
    SELECT job.tenant_id, job.id
    FROM design_job AS job
    LEFT JOIN at_work ON at_work.tenant_id = job.tenant_id
    WHERE job.run_after <= now()
      AND (job.state = 'READY' OR (job.state = 'RUNNING' AND job.lease_expires_at <= now()))
    ORDER BY coalesce(at_work.jobs, 0), job.run_after
    LIMIT 1
    FOR UPDATE OF job SKIP LOCKED
  )
  UPDATE design_job AS job
  SET takeovers = job.takeovers + CASE WHEN job.state = 'RUNNING' THEN 1 ELSE 0 END,
      state = 'RUNNING',
      attempt = job.attempt + 1,
      lease_expires_at = now() + make_interval(secs => least(greatest(lease_seconds, 1), 3600))
  FROM next
  WHERE job.tenant_id = next.tenant_id AND job.id = next.id
  RETURNING job.tenant_id, job.id, job.attempt
$$;
REVOKE EXECUTE ON FUNCTION claim_design_job(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_design_job(integer) TO flowgrid_design;
