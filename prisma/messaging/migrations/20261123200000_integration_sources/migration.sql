-- What the integrations service receives and tells of, beside its connections.

INSERT INTO source (name, service_role, resources) VALUES
  ('subscription:design-requests', 'flowgrid_design', ARRAY['design_request']),
  ('subscription:integrations-agents', 'flowgrid_integrations', ARRAY['agent']),
  ('subscription:integrations-webhooks', 'flowgrid_integrations', ARRAY['agent', 'archimate_model', 'design_session',
    'design_setting', 'external', 'inbound_hook', 'integration', 'integration_rule', 'webhook_delivery', 'webhook_endpoint']),
  ('queue:inbound-deliveries', 'flowgrid_integrations', NULL),
  ('queue:integration-syncs', 'flowgrid_integrations', NULL),
  ('queue:webhook-retries', 'flowgrid_integrations', NULL);

INSERT INTO event_resource (resource, service_role) VALUES
  ('design_request', 'flowgrid_integrations'),
  ('external', 'flowgrid_integrations'),
  ('inbound_hook', 'flowgrid_integrations'),
  ('integration_rule', 'flowgrid_integrations'),
  ('webhook_delivery', 'flowgrid_integrations'),
  ('webhook_endpoint', 'flowgrid_integrations');
