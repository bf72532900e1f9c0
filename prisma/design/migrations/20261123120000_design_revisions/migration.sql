-- A session has design revisions: the first, and what became of messages and of edited process models. Results of phases,
-- files and events belong to one of them; what earlier revisions left is kept.

ALTER TABLE design_session
  ADD COLUMN engine text NOT NULL DEFAULT 'AUTO' CHECK (engine IN ('AUTO', 'LOCAL', 'CLAUDE', 'OPENAI')),
  ADD COLUMN split text NOT NULL DEFAULT 'ONE' CHECK (split IN ('ONE', 'BY_ROLE')),
  -- Null until the context has been read: the description alone is analysed then.
  ADD COLUMN source_text text CHECK (char_length(source_text) <= 200000),
  ADD COLUMN source_ranges jsonb,
  -- The revision that is worked on, or the newest.
  ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
  -- The revision whose agents are being made; a call that was cut off leaves it for the next.
  ADD COLUMN accepting_revision integer,
  ADD COLUMN accepted_revision integer;
UPDATE design_session SET accepted_revision = 1 WHERE accepted_at IS NOT NULL;

CREATE TABLE design_revision (
  tenant_id         uuid           NOT NULL,
  session_id        uuid           NOT NULL,
  number            integer        NOT NULL CHECK (number >= 1),
  kind              text           NOT NULL CHECK (kind IN ('INITIAL', 'REFINEMENT', 'PROCESS_EDIT')),
  message           text           CHECK (char_length(message) <= 5000),
  answer            text,
  engine            text           CHECK (engine IN ('LOCAL', 'CLAUDE', 'OPENAI')),
  model             text,
  fallback          text,
  author_kind       text           NOT NULL,
  author_id         text           NOT NULL,
  author_name       text           NOT NULL,
  author_user_id    uuid,
  process_revision  integer,
  -- Revision of the agent under redesign that this design started from.
  base_revision     integer,
  proposal          jsonb,
  rejections        jsonb          NOT NULL DEFAULT '[]',
  created_at        timestamptz(6) NOT NULL,
  finished_at       timestamptz(6),
  CONSTRAINT design_revision_pkey PRIMARY KEY (tenant_id, session_id, number),
  CONSTRAINT design_revision_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CHECK ((kind = 'REFINEMENT') = (message IS NOT NULL))
);

-- What there was is the first revision of its session, with one agent.
INSERT INTO design_revision (tenant_id, session_id, number, kind, author_kind, author_id, author_name, author_user_id,
  engine, process_revision, base_revision, proposal, created_at, finished_at)
SELECT session.tenant_id, session.id, 1, 'INITIAL',
  coalesce(started.actor_kind, CASE WHEN session.created_by_user_id IS NULL THEN 'SYSTEM' ELSE 'USER' END),
  coalesce(started.actor_id, session.created_by_user_id::text, 'unknown'),
  coalesce(started.actor_name, 'unknown'),
  session.created_by_user_id,
  CASE WHEN session.process_revision IS NULL THEN NULL ELSE 'LOCAL' END,
  session.process_revision,
  session.base_revision,
  CASE WHEN session.definition IS NULL OR session.proposal IS NULL THEN NULL ELSE jsonb_build_object(
    'agents', jsonb_build_array(jsonb_build_object(
      'key', 'agent', 'name', session.proposal -> 'name', 'summary', session.proposal -> 'summary',
      'definition', session.definition, 'handsOffTo', '[]'::jsonb)),
    'automation', '[]'::jsonb, 'approvals', '[]'::jsonb, 'testCases', '[]'::jsonb,
    'findings', session.proposal -> 'findings') END,
  session.created_at,
  CASE WHEN session.state = 'SUCCEEDED' THEN session.updated_at END
FROM design_session AS session
LEFT JOIN LATERAL (
  SELECT event.actor_kind, event.actor_id, event.actor_name FROM audit_event AS event
  WHERE event.tenant_id = session.tenant_id AND event.resource_id = session.id::text
    AND event.action = 'design_session.started'
  LIMIT 1
) AS started ON true;

-- The agents of a session by their keys. Ids are chosen before the agents are made, so that making one again is making the same.
CREATE TABLE designed_agent (
  tenant_id         uuid           NOT NULL,
  session_id        uuid           NOT NULL,
  key               text           NOT NULL,
  agent_id          uuid           NOT NULL,
  -- Stands while a call under this name may be under way or was cut off.
  name              text,
  slug              text,
  -- The design revision that the agent was last written from; null before the agent is made.
  written_revision  integer,
  -- The agent's own revision after that.
  agent_revision    integer,
  created_at        timestamptz(6) NOT NULL,
  CONSTRAINT designed_agent_pkey PRIMARY KEY (tenant_id, session_id, key),
  CONSTRAINT designed_agent_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX designed_agent_tenant_id_agent_id_idx ON designed_agent (tenant_id, agent_id);

INSERT INTO designed_agent (tenant_id, session_id, key, agent_id, name, slug, written_revision, created_at)
SELECT tenant_id, id, 'agent', coalesce(reserved_agent_id, agent_id), reserved_name, reserved_slug,
  CASE WHEN accepted_at IS NULL THEN NULL ELSE 1 END, created_at
FROM design_session WHERE reserved_agent_id IS NOT NULL OR accepted_at IS NOT NULL;

ALTER TABLE design_phase_result
  ADD COLUMN revision integer NOT NULL DEFAULT 1,
  DROP CONSTRAINT design_phase_result_pkey,
  ADD CONSTRAINT design_phase_result_pkey PRIMARY KEY (tenant_id, session_id, revision, phase);

ALTER TABLE design_artifact ADD COLUMN revision integer NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX design_artifact_tenant_id_session_id_revision_kind_key
  ON design_artifact (tenant_id, session_id, revision, kind);
DROP INDEX design_artifact_tenant_id_session_id_kind_key;

ALTER TABLE design_event
  ADD COLUMN revision integer NOT NULL DEFAULT 1,
  -- What was recognised so far, while a phase is at work.
  ADD COLUMN found jsonb NOT NULL DEFAULT '[]';

ALTER TABLE process_model
  ADD COLUMN origin text NOT NULL DEFAULT 'ANALYSIS' CHECK (origin IN ('ANALYSIS', 'EDIT'));

DO $isolation$
DECLARE
  tenant_table text;
  own_tenant constant text := 'tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid)';
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['design_revision', 'designed_agent'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I TO flowgrid_design USING (%s) WITH CHECK (%s)',
      tenant_table, own_tenant, own_tenant);
    EXECUTE format('CREATE POLICY owner_access ON %I TO flowgrid_owner USING (true) WITH CHECK (true)', tenant_table);
  END LOOP;
END
$isolation$;

GRANT SELECT, INSERT, UPDATE ON design_revision, designed_agent TO flowgrid_design;
