-- What happened at an integration, for those who watch it; kept for a week, and the last thousand at most.

-- The last sequence of an integration, apart from its row: that one is read and locked for other reasons.
CREATE TABLE integration_event_head (
  tenant_id       uuid     NOT NULL,
  integration_id  uuid     NOT NULL,
  last_sequence   integer  NOT NULL,
  CONSTRAINT integration_event_head_pkey PRIMARY KEY (tenant_id, integration_id),
  CONSTRAINT integration_event_head_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
) WITH (fillfactor = 70);

CREATE TABLE integration_event (
  tenant_id       uuid            NOT NULL,
  integration_id  uuid            NOT NULL,
  sequence        integer         NOT NULL,
  kind            text            NOT NULL,
  message         text            NOT NULL,
  item_keys       text[]          NOT NULL,
  at              timestamptz(6)  NOT NULL,
  CONSTRAINT integration_event_pkey PRIMARY KEY (tenant_id, integration_id, sequence),
  CONSTRAINT integration_event_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION,
  CONSTRAINT integration_event_kind_check
    CHECK (kind IN ('STATUS_CHANGED', 'SYNC_FINISHED', 'SYNC_FAILED', 'ITEMS_CHANGED', 'HOOK_RECEIVED', 'FAILED'))
);
CREATE INDEX integration_event_at_idx ON integration_event (at);

ALTER TABLE integration_event_head ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration_event_head FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON integration_event_head TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON integration_event_head TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON integration_event_head TO flowgrid_integrations;

ALTER TABLE integration_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration_event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON integration_event TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON integration_event TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON integration_event TO flowgrid_integrations;

-- Forgets what happened longer ago than anybody resumes from; a bounded number at a time. Returns how many.
CREATE FUNCTION purge_integration_events(age_days integer, page_size integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH old AS (
    SELECT event.tenant_id, event.integration_id, event.sequence FROM integration_event AS event
    WHERE event.at < now() - make_interval(days => greatest(age_days, 1))
    ORDER BY event.at
    LIMIT least(greatest(page_size, 1), 10000)
    FOR UPDATE SKIP LOCKED
  ), deleted AS (
    DELETE FROM integration_event AS event USING old
    WHERE event.tenant_id = old.tenant_id AND event.integration_id = old.integration_id AND event.sequence = old.sequence
    RETURNING 1
  )
  SELECT count(*)::integer FROM deleted
$$;
REVOKE EXECUTE ON FUNCTION purge_integration_events(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_integration_events(integer, integer) TO flowgrid_integrations;
