-- What happens by itself when something changes, and what it came to each time.

CREATE TABLE integration_rule (
  tenant_id          uuid NOT NULL,
  id                 uuid NOT NULL,
  name               text NOT NULL,
  is_enabled         boolean NOT NULL,
  trigger            text NOT NULL CHECK (trigger IN ('ITEM_CHANGED', 'AGENT_PUBLISHED')),
  action             text NOT NULL CHECK (action IN ('TIE_TO_AGENT', 'START_DESIGN', 'CREATE_ITEM', 'ADD_COMMENT')),
  integration_id     uuid,
  agent_id           uuid,
  settings           jsonb NOT NULL,
  max_runs_per_hour  integer NOT NULL,
  disabled_reason    text,
  -- Who last set what it does: designs are started on behalf of this user.
  author_user_id     uuid,
  author_name        text NOT NULL,
  created_at         timestamptz(6) NOT NULL,
  updated_at         timestamptz(6) NOT NULL,
  CONSTRAINT integration_rule_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT integration_rule_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE INDEX integration_rule_tenant_id_integration_id_idx ON integration_rule (tenant_id, integration_id);

ALTER TABLE integration_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration_rule FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON integration_rule TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON integration_rule TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON integration_rule TO flowgrid_integrations;

-- One firing of a rule: at most one per rule and event. Also the queue of those that write to another system.
CREATE TABLE rule_run (
  tenant_id         uuid NOT NULL,
  id                uuid NOT NULL,
  rule_id           uuid NOT NULL,
  event_id          uuid NOT NULL,
  state             text NOT NULL CHECK (state IN ('READY', 'RUNNING', 'SENDING', 'DONE', 'FAILED')),
  attempt           integer NOT NULL,
  run_after         timestamptz(6) NOT NULL,
  lease_expires_at  timestamptz(6),
  -- The connection, and what is written to it.
  integration_id    uuid,
  draft             jsonb,
  item_key          text,
  item_title        text,
  item_url          text,
  session_id        uuid,
  note              text,
  created_at        timestamptz(6) NOT NULL,
  finished_at       timestamptz(6),
  CONSTRAINT rule_run_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT rule_run_tenant_id_rule_id_fkey FOREIGN KEY (tenant_id, rule_id)
    REFERENCES integration_rule (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE UNIQUE INDEX rule_run_tenant_id_rule_id_event_id_key ON rule_run (tenant_id, rule_id, event_id);
CREATE INDEX rule_run_tenant_id_rule_id_created_at_id_idx ON rule_run (tenant_id, rule_id, created_at, id);
CREATE INDEX rule_run_tenant_id_integration_id_item_key_idx ON rule_run (tenant_id, integration_id, item_key);
CREATE INDEX rule_run_state_run_after_idx ON rule_run (state, run_after);

ALTER TABLE rule_run ENABLE ROW LEVEL SECURITY;
ALTER TABLE rule_run FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON rule_run TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON rule_run TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON rule_run TO flowgrid_integrations;

-- Takes firings whose writing is to be done, one of a tenant after the other's. What was being sent when its worker was
-- lost is taken too, to say so: it is not sent again.
CREATE FUNCTION claim_rule_runs(lease_seconds integer, page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid, attempt integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH next AS MATERIALIZED (
    SELECT run.tenant_id, run.id
    FROM rule_run AS run
    WHERE run.state IN ('READY', 'RUNNING', 'SENDING') AND run.run_after <= now()
      AND (run.state = 'READY' OR run.lease_expires_at <= now())
    ORDER BY run.run_after
    LIMIT least(greatest(page_size, 1), 100)
    FOR UPDATE SKIP LOCKED
  )
  UPDATE rule_run AS run
  SET state = CASE WHEN run.state = 'SENDING' THEN 'SENDING' ELSE 'RUNNING' END, attempt = run.attempt + 1,
      lease_expires_at = now() + make_interval(secs => least(greatest(lease_seconds, 1), 3600))
  FROM next
  WHERE run.tenant_id = next.tenant_id AND run.id = next.id
  RETURNING run.tenant_id, run.id, run.attempt
$$;

-- Forgets firings that are over, with their age; a bounded number at a time. Returns how many.
CREATE FUNCTION purge_rule_runs(age_days integer, page_size integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH old AS (
    SELECT run.tenant_id, run.id FROM rule_run AS run
    WHERE run.state IN ('DONE', 'FAILED') AND run.created_at < now() - make_interval(days => greatest(age_days, 7))
    ORDER BY run.created_at
    LIMIT least(greatest(page_size, 1), 10000)
    FOR UPDATE SKIP LOCKED
  ), deleted AS (
    DELETE FROM rule_run AS run USING old WHERE run.tenant_id = old.tenant_id AND run.id = old.id RETURNING 1
  )
  SELECT count(*)::integer FROM deleted
$$;

REVOKE EXECUTE ON FUNCTION claim_rule_runs(integer, integer), purge_rule_runs(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_rule_runs(integer, integer), purge_rule_runs(integer, integer) TO flowgrid_integrations;
