-- A message in the queue `design-jobs` says that a job waits. The job row is the truth and its own outbox: what is claimable
-- and has no message gets one, also when its worker was lost.

-- The attempt at which the last message was sent: another claim, or another queueing, needs another message.
ALTER TABLE design_job ADD COLUMN message_attempt integer;

-- The sender knows no tenant: it gets jobs as tenant and id, with what tells one queueing of a job from another.
CREATE FUNCTION list_unsent_design_jobs(page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid, attempt integer, queued_at text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = design, pg_temp AS $$
  SELECT job.tenant_id, job.id, job.attempt, job.run_after::text
  FROM design_job AS job
  WHERE job.message_attempt IS DISTINCT FROM job.attempt AND job.run_after <= now()
    AND (job.state = 'READY' OR (job.state = 'RUNNING' AND job.lease_expires_at <= now()))
  ORDER BY job.run_after
  LIMIT least(greatest(page_size, 1), 1000)
$$;
REVOKE EXECUTE ON FUNCTION list_unsent_design_jobs(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_unsent_design_jobs(integer) TO flowgrid_design;
