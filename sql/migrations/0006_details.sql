-- Types of authorization details are announced, so every node looks for them every
-- few seconds. Few APIs have any.
CREATE INDEX resource_servers_details ON tpa_data.resource_servers (id)
    WHERE authorization_details IS NOT NULL;

UPDATE tpa_data.schema_version SET version = 6, applied_at = now();
