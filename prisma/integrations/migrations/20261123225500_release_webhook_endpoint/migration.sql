-- Gives an endpoint back and says when it has work again; null when it has none, or when the claim was lost. Its place is locked
-- by a statement of its own: the one after it sees what was added to the line by those who had the lock before.
CREATE FUNCTION release_webhook_endpoint(of_tenant uuid, of_endpoint uuid, of_claim bigint) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = integrations, pg_temp AS $$
DECLARE
  next_due_at timestamptz;
BEGIN
  PERFORM FROM webhook_queue AS queue WHERE queue.tenant_id = of_tenant AND queue.endpoint_id = of_endpoint FOR UPDATE;

  UPDATE webhook_queue AS queue
  SET lease_expires_at = NULL, messaged_at = NULL,
      due_at = CASE WHEN line.next IS NULL THEN NULL ELSE greatest(line.next, queue.not_before) END
  FROM (
    SELECT min(delivery.next_attempt_at) AS next FROM webhook_delivery AS delivery
    WHERE delivery.tenant_id = of_tenant AND delivery.endpoint_id = of_endpoint AND delivery.next_attempt_at IS NOT NULL
  ) AS line
  WHERE queue.tenant_id = of_tenant AND queue.endpoint_id = of_endpoint AND queue.token = of_claim
  RETURNING queue.due_at INTO next_due_at;
  RETURN next_due_at;
END
$$;

REVOKE EXECUTE ON FUNCTION release_webhook_endpoint(uuid, uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION release_webhook_endpoint(uuid, uuid, bigint) TO flowgrid_integrations;
