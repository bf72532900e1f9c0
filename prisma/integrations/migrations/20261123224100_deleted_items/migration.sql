-- Items that are gone at their system are remembered for a while, without their texts: a late message does not bring them back.

ALTER TABLE external_item ADD COLUMN deleted_at timestamptz(6);
CREATE INDEX external_item_deleted_at_idx ON external_item (deleted_at);

-- Forgets items that were deleted so long ago that nothing comes late any more; a bounded number at a time. Returns how many.
CREATE FUNCTION purge_deleted_items(age_days integer, page_size integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH old AS (
    SELECT kept.tenant_id, kept.integration_id, kept.key FROM external_item AS kept
    WHERE kept.deleted_at < now() - make_interval(days => greatest(age_days, 7))
    ORDER BY kept.deleted_at
    LIMIT least(greatest(page_size, 1), 10000)
    FOR UPDATE SKIP LOCKED
  ), deleted AS (
    DELETE FROM external_item AS kept USING old
    WHERE kept.tenant_id = old.tenant_id AND kept.integration_id = old.integration_id AND kept.key = old.key
    RETURNING 1
  )
  SELECT count(*)::integer FROM deleted
$$;
REVOKE EXECUTE ON FUNCTION purge_deleted_items(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_deleted_items(integer, integer) TO flowgrid_integrations;
