-- What the httpd role may do: call the functions of schema tpa, nothing else.
DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC, tpa_httpd',
                   current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO tpa_httpd',
                   current_database());
END $$;
REVOKE ALL ON SCHEMA tpa, tpa_data FROM PUBLIC, tpa_httpd;
REVOKE ALL ON ALL TABLES IN SCHEMA tpa_data FROM PUBLIC, tpa_httpd;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tpa, tpa_data FROM PUBLIC, tpa_httpd;
GRANT USAGE ON SCHEMA tpa TO tpa_httpd;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tpa TO tpa_httpd;
