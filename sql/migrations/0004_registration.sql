-- Applications that registered themselves: those that nobody ever consented to
-- go after a while.

-- When a user first consented; null: nobody has.
ALTER TABLE tpa_data.clients ADD COLUMN used_at timestamptz;
CREATE INDEX clients_unused ON tpa_data.clients (created_at, client_id)
    WHERE registered_via = 'dynamic' AND used_at IS NULL;

UPDATE tpa_data.schema_version SET version = 4, applied_at = now();
