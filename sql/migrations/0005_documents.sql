-- Applications that are known by their metadata documents.

-- document_hash: of the redirect URIs and keys that users consented to.
-- document_expires_at: nobody registered it, its document was fetched when a
-- user came, and is fetched again when it is older than that.
ALTER TABLE tpa_data.clients
    ADD COLUMN document_hash tpa_data.sha256,
    ADD COLUMN document_expires_at timestamptz,
    ADD CHECK (document_expires_at IS NULL OR external_client_id IS NOT NULL);
CREATE INDEX clients_fetched ON tpa_data.clients (created_at, client_id)
    WHERE document_expires_at IS NOT NULL;

-- As it was when the user consented.
ALTER TABLE tpa_data.user_grants ADD COLUMN document_hash tpa_data.sha256;

UPDATE tpa_data.schema_version SET version = 5, applied_at = now();
