-- No tenant's syncs keep those of others waiting: of each tenant eight at most are sent and not yet over, and who has the
-- fewest comes first. Before, one with thousands of them filled the queue.

CREATE OR REPLACE FUNCTION take_due_integration_syncs(page_size integer, resend_seconds integer)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH under_way AS MATERIALIZED (
    SELECT sync.tenant_id, count(*) AS number FROM integration_sync AS sync
    WHERE (sync.state = 'RUNNING' AND sync.due_at > now())
      OR sync.sent_at > now() - make_interval(secs => greatest(resend_seconds, 1))
    GROUP BY sync.tenant_id
  ), waiting AS MATERIALIZED (
    SELECT sync.tenant_id, sync.id,
      row_number() OVER (PARTITION BY sync.tenant_id ORDER BY sync.due_at) + coalesce(under_way.number, 0) AS place
    FROM integration_sync AS sync LEFT JOIN under_way ON under_way.tenant_id = sync.tenant_id
    WHERE sync.due_at <= now()
      AND (sync.sent_at IS NULL OR sync.sent_at <= now() - make_interval(secs => greatest(resend_seconds, 1)))
  ), due AS MATERIALIZED (
    SELECT sync.tenant_id, sync.id FROM integration_sync AS sync
    JOIN waiting ON waiting.tenant_id = sync.tenant_id AND waiting.id = sync.id
    WHERE waiting.place <= 8
      AND sync.due_at <= now()
      AND (sync.sent_at IS NULL OR sync.sent_at <= now() - make_interval(secs => greatest(resend_seconds, 1)))
    ORDER BY waiting.place, sync.due_at
    LIMIT least(greatest(page_size, 1), 1000)
    FOR UPDATE OF sync SKIP LOCKED
  )
  UPDATE integration_sync AS sync SET sent_at = now()
  FROM due
  WHERE sync.tenant_id = due.tenant_id AND sync.id = due.id
  RETURNING sync.tenant_id, sync.id
$$;
