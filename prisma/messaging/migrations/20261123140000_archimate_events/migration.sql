-- The design service tells of imported ArchiMate models.

INSERT INTO event_resource (resource, service_role) VALUES ('archimate_model', 'flowgrid_design');
