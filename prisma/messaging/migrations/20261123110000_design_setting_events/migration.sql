-- The design service tells of the settings of tenants.

INSERT INTO event_resource (resource, service_role) VALUES ('design_setting', 'flowgrid_design');
