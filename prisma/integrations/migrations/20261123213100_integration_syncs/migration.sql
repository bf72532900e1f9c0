-- What is followed at connected systems, how far it has been read, and the queue of this work.

CREATE TABLE integration_sync (
  tenant_id       uuid           NOT NULL,
  id              uuid           NOT NULL,
  integration_id  uuid           NOT NULL,
  -- Empty for everything that the credential shows.
  scope           text           NOT NULL,
  every_minutes   integer        NOT NULL,
  state           text           NOT NULL,
  -- When somebody has to look at it: to run it, to go on, or to take it over when the lease has ended.
  due_at          timestamptz(6) NOT NULL,
  -- When a message last said that it is due; null when none did since.
  sent_at         timestamptz(6),
  -- The fencing token: it rises with every claim.
  attempt         integer        NOT NULL,
  -- Somebody asked for the run, and wants to know how it ends.
  is_requested    boolean        NOT NULL,
  cursor          text,
  -- When everything had been read for the first time.
  completed_at    timestamptz(6),
  started_at      timestamptz(6),
  finished_at     timestamptz(6),
  items_read      integer        NOT NULL,
  items_created   integer        NOT NULL,
  items_updated   integer        NOT NULL,
  failures        integer        NOT NULL,
  last_error      text,
  created_at      timestamptz(6) NOT NULL,
  CONSTRAINT integration_sync_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT integration_sync_state_check CHECK (state IN ('IDLE', 'QUEUED', 'RUNNING', 'FAILED')),
  CONSTRAINT integration_sync_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE UNIQUE INDEX integration_sync_tenant_id_integration_id_scope_key ON integration_sync (tenant_id, integration_id, scope);
CREATE INDEX integration_sync_due_at_idx ON integration_sync (due_at);

ALTER TABLE integration_sync ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration_sync FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON integration_sync TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON integration_sync TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON integration_sync TO flowgrid_integrations;

-- The sender of messages knows no tenant: it gets what is due and has no message, or none for so long that it was lost,
-- as tenant and id only, and nobody else gets it meanwhile.
CREATE FUNCTION take_due_integration_syncs(page_size integer, resend_seconds integer) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH due AS MATERIALIZED (
    SELECT sync.tenant_id, sync.id FROM integration_sync AS sync
    WHERE sync.due_at <= now()
      AND (sync.sent_at IS NULL OR sync.sent_at <= now() - make_interval(secs => greatest(resend_seconds, 1)))
    ORDER BY sync.due_at
    LIMIT least(greatest(page_size, 1), 1000)
    FOR UPDATE SKIP LOCKED
  )
  UPDATE integration_sync AS sync SET sent_at = now()
  FROM due
  WHERE sync.tenant_id = due.tenant_id AND sync.id = due.id
  RETURNING sync.tenant_id, sync.id
$$;
REVOKE EXECUTE ON FUNCTION take_due_integration_syncs(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_due_integration_syncs(integer, integer) TO flowgrid_integrations;
