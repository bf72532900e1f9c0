-- Registered hooks whose system does not send again by itself what did not arrive are asked about now and then.

-- When they are asked about next; moved on when somebody takes that upon themselves.
ALTER TABLE inbound_registration ADD COLUMN redeliver_after timestamptz(6) NOT NULL DEFAULT now();
CREATE INDEX inbound_registration_redeliver_after_idx ON inbound_registration (redeliver_after);

-- Takes registrations of enabled hooks of GitHub; nobody else gets them before the time is over.
CREATE FUNCTION claim_inbound_redeliveries(every_seconds integer, page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH next AS MATERIALIZED (
    SELECT registration.tenant_id, registration.id
    FROM inbound_registration AS registration
    JOIN inbound_hook AS hook ON hook.tenant_id = registration.tenant_id AND hook.id = registration.hook_id
    WHERE registration.redeliver_after <= now() AND hook.kind = 'GITHUB' AND hook.is_enabled
    ORDER BY registration.redeliver_after
    LIMIT least(greatest(page_size, 1), 100)
    FOR UPDATE OF registration SKIP LOCKED
  )
  UPDATE inbound_registration AS registration
  SET redeliver_after = now() + make_interval(secs => least(greatest(every_seconds, 60), 86400))
  FROM next
  WHERE registration.tenant_id = next.tenant_id AND registration.id = next.id
  RETURNING registration.tenant_id, registration.id
$$;
REVOKE EXECUTE ON FUNCTION claim_inbound_redeliveries(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_inbound_redeliveries(integer, integer) TO flowgrid_integrations;
