-- So many Organizations, beside the machines of clients.sql.
--   psql -v n=NUMBER -f mgmt.sql
INSERT INTO tpa_data.organizations (id, name, display_name)
SELECT 'org_' || lpad(i::text, 16, '0'), 'bench-' || lpad(i::text, 6, '0'),
       'Organization ' || i
FROM generate_series(1, :n) AS i;
