-- Which events this service has received: one that comes twice has its effect once.

CREATE TABLE inbox_message (
  tenant_id    uuid NOT NULL,
  consumer     text NOT NULL,
  message_id   uuid NOT NULL,
  received_at  timestamptz(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT inbox_message_pkey PRIMARY KEY (tenant_id, consumer, message_id)
);
CREATE INDEX inbox_message_received_at_idx ON inbox_message (received_at);

ALTER TABLE inbox_message ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox_message FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON inbox_message TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON inbox_message TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON inbox_message TO flowgrid_integrations;

-- Forgets what was received so long ago that it cannot come again; a bounded number at a time. Returns how many.
CREATE FUNCTION purge_inbox_messages(age_days integer, page_size integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH old AS (
    SELECT message.tenant_id, message.consumer, message.message_id FROM inbox_message AS message
    WHERE message.received_at < now() - make_interval(days => greatest(age_days, 7))
    ORDER BY message.received_at
    LIMIT least(greatest(page_size, 1), 10000)
    FOR UPDATE SKIP LOCKED
  ), deleted AS (
    DELETE FROM inbox_message AS message USING old
    WHERE message.tenant_id = old.tenant_id AND message.consumer = old.consumer AND message.message_id = old.message_id
    RETURNING 1
  )
  SELECT count(*)::integer FROM deleted
$$;
REVOKE EXECUTE ON FUNCTION purge_inbox_messages(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_inbox_messages(integer, integer) TO flowgrid_integrations;
