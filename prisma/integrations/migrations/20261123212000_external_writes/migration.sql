-- What was sent to connected systems to be made there, so that it is sent once.

CREATE TABLE external_write (
  tenant_id       uuid           NOT NULL,
  id              uuid           NOT NULL,
  integration_id  uuid           NOT NULL,
  kind            text           NOT NULL,
  input_digest    text           NOT NULL,
  state           text           NOT NULL,
  result          jsonb,
  sent_at         timestamptz(6) NOT NULL,
  ended_at        timestamptz(6),
  CONSTRAINT external_write_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT external_write_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION,
  CONSTRAINT external_write_kind_check CHECK (kind IN ('CREATE', 'COMMENT')),
  CONSTRAINT external_write_state_check CHECK (
    (state = 'SENT' AND result IS NULL AND ended_at IS NULL)
    OR (state = 'DONE' AND result IS NOT NULL AND ended_at IS NOT NULL)
    OR (state = 'UNKNOWN' AND result IS NULL AND ended_at IS NOT NULL)
  )
);
CREATE INDEX external_write_tenant_id_integration_id_idx ON external_write (tenant_id, integration_id);
CREATE INDEX external_write_sent_at_idx ON external_write (sent_at);

ALTER TABLE external_write ENABLE ROW LEVEL SECURITY;
ALTER TABLE external_write FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON external_write TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON external_write TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON external_write TO flowgrid_integrations;

-- Forgets what was sent so long ago that nobody repeats it; a bounded number at a time. Returns how many.
CREATE FUNCTION purge_external_writes(age_days integer, page_size integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH old AS (
    SELECT kept.tenant_id, kept.id FROM external_write AS kept
    WHERE kept.sent_at < now() - make_interval(days => greatest(age_days, 7))
    ORDER BY kept.sent_at
    LIMIT least(greatest(page_size, 1), 10000)
    FOR UPDATE SKIP LOCKED
  ), deleted AS (
    DELETE FROM external_write AS kept USING old
    WHERE kept.tenant_id = old.tenant_id AND kept.id = old.id
    RETURNING 1
  )
  SELECT count(*)::integer FROM deleted
$$;
REVOKE EXECUTE ON FUNCTION purge_external_writes(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_external_writes(integer, integer) TO flowgrid_integrations;
