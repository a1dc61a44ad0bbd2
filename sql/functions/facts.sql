-- Facts: everything one decision looks at, in one row, judged elsewhere.

-- client_credentials. p_jkt to p_jti_expires are of a DPoP proof, all three or
-- none. What does not exist has a null id. The columns are those
-- of store/facts.c. Short statements, each on a unique index, beat one join of
-- ten tables here: docs/dev/sql.md has the figures.
CREATE OR REPLACE FUNCTION tpa.m2m_facts(
    p_client_id text, p_audience text, p_resource text, p_org text,
    p_credential text,
    p_jkt text, p_jti_hash text, p_jti_expires text,
    OUT tenant_default_audience text, OUT tenant_org_names boolean,
    OUT tenant_resource_compat boolean, OUT tenant_third_party_m2m boolean,
    OUT client_id text, OUT client_external_id text, OUT client_name text,
    OUT client_auth_method text,
    OUT client_secret_hash text, OUT client_credentials text,
    OUT client_grant_types text, OUT client_first_party boolean,
    OUT client_strict boolean, OUT client_requires_pop boolean,
    OUT client_via text, OUT asked_audience text,
    OUT api_id text, OUT api_audience text, OUT api_scopes text,
    OUT api_system boolean, OUT api_client_denied boolean,
    OUT api_takes_dpop boolean, OUT api_requires_pop boolean,
    OUT api_token_lifetime integer, OUT api_dialect text,
    OUT own_grant_id text, OUT own_grant_scopes text,
    OUT own_grant_all_scopes boolean, OUT own_grant_org_usage text,
    OUT own_grant_any_org boolean,
    OUT default_grant_id text, OUT default_grant_scopes text,
    OUT default_grant_all_scopes boolean, OUT default_grant_org_usage text,
    OUT default_grant_any_org boolean,
    OUT org_id text, OUT org_name text, OUT org_by_name boolean,
    OUT org_granted boolean,
    OUT default_org_id text, OUT default_org_name text,
    OUT default_org_granted boolean, OUT proof_fresh boolean, OUT quota text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tpa_data, pg_temp AS $$
#variable_conflict use_column
DECLARE
    quotas boolean;
    org_quota boolean;
    counted_org text;
BEGIN
    SELECT t.default_audience, t.allow_organization_name_in_authentication_api,
           t.resource_parameter_profile = 'compatibility',
           t.third_party_client_credentials,
           coalesce(t.clients_quota_per_hour, t.clients_quota_per_day,
                    t.organizations_quota_per_hour,
                    t.organizations_quota_per_day) IS NOT NULL
    INTO tenant_default_audience, tenant_org_names, tenant_resource_compat,
         tenant_third_party_m2m, quotas
    FROM tenant t;

    IF p_client_id LIKE 'https://%' THEN
        p_client_id := document_client(p_client_id);
    END IF;
    SELECT c.client_id, c.external_client_id, c.name,
           c.token_endpoint_auth_method, c.secret_hash,
           array_to_string(c.grant_types, ' '), c.is_first_party,
           c.third_party_security_mode IS NOT DISTINCT FROM 'strict',
           c.require_proof_of_possession, c.registered_via,
           CASE WHEN 'client_credentials' = ANY (c.default_organization_flows)
                THEN c.default_organization_id END,
           quotas OR coalesce(c.quota_per_hour, c.quota_per_day) IS NOT NULL
    INTO client_id, client_external_id, client_name, client_auth_method,
         client_secret_hash,
         client_grant_types, client_first_party, client_strict,
         client_requires_pop, client_via, default_org_id, quotas
    FROM clients c WHERE c.client_id = p_client_id;

    IF client_auth_method = 'private_key_jwt' THEN
        SELECT json_agg(json_build_object(
                   'id', k.id, 'kid', k.kid, 'alg', k.alg, 'pem', k.pem,
                   'expires_at', extract(epoch FROM k.expires_at)::bigint)
                   ORDER BY k.slot)
        INTO client_credentials
        FROM client_credentials k
        WHERE k.client_id = p_client_id AND k.in_use
          AND (k.expires_at IS NULL OR k.expires_at > now());
    END IF;

    asked_audience := coalesce(
        p_audience, CASE WHEN tenant_resource_compat THEN p_resource END);
    SELECT a.id, a.identifier, a.scope_list, a.is_system,
           a.client_policy = 'deny_all',
           coalesce(a.pop_mechanism = 'dpop', false),
           coalesce(a.pop_required AND a.pop_required_for = 'all_clients',
                    false),
           a.token_lifetime, a.token_dialect
    INTO api_id, api_audience, api_scopes, api_system, api_client_denied,
         api_takes_dpop, api_requires_pop, api_token_lifetime, api_dialect
    FROM resource_servers a
    WHERE a.identifier = coalesce(asked_audience, tenant_default_audience);

    IF api_id IS NOT NULL THEN
        SELECT g.id, array_to_string(g.scope, ' '), g.allow_all_scopes,
               g.organization_usage, g.allow_any_organization
        INTO own_grant_id, own_grant_scopes, own_grant_all_scopes,
             own_grant_org_usage, own_grant_any_org
        FROM client_grants g
        WHERE g.client_id = p_client_id AND g.resource_server_id = api_id
          AND g.subject_type = 'client';

        SELECT g.id, array_to_string(g.scope, ' '), g.allow_all_scopes,
               g.organization_usage, g.allow_any_organization
        INTO default_grant_id, default_grant_scopes, default_grant_all_scopes,
             default_grant_org_usage, default_grant_any_org
        FROM client_grants g
        WHERE g.default_for = 'third_party_clients'
          AND g.resource_server_id = api_id AND g.subject_type = 'client';
    END IF;

    IF p_org IS NOT NULL THEN
        SELECT o.id, o.name, false,
               coalesce(o.quota_per_hour, o.quota_per_day) IS NOT NULL
        INTO org_id, org_name, org_by_name, org_quota
        FROM organizations o WHERE o.id = p_org;
        IF NOT FOUND THEN
            SELECT o.id, o.name, true,
                   coalesce(o.quota_per_hour, o.quota_per_day) IS NOT NULL
            INTO org_id, org_name, org_by_name, org_quota
            FROM organizations o WHERE o.name = p_org;
        END IF;
        PERFORM FROM organization_client_grants x
        WHERE x.organization_id = org_id AND x.grant_id = own_grant_id;
        org_granted := FOUND;
    END IF;

    -- A proof is used up, whatever comes of the request. That is a write, done
    -- by a function that may; this one looks at nothing it changes.
    IF p_jkt IS NOT NULL AND client_id IS NOT NULL THEN
        SELECT u.fresh INTO proof_fresh
        FROM tpa.jti_use(p_jkt, p_jti_hash, p_jti_expires) AS u;
    END IF;

    IF default_org_id IS NOT NULL THEN
        SELECT o.name, EXISTS (
                   SELECT FROM organization_client_grants x
                   WHERE x.organization_id = o.id
                     AND x.grant_id = own_grant_id),
               CASE WHEN p_org IS NULL THEN
                   coalesce(o.quota_per_hour, o.quota_per_day) IS NOT NULL
               ELSE org_quota END
        INTO default_org_name, default_org_granted, org_quota
        FROM organizations o WHERE o.id = default_org_id;
    END IF;

    -- The Organization that the token may be for.
    IF p_org IS NOT NULL THEN
        counted_org := CASE WHEN org_granted OR own_grant_any_org
                            THEN org_id END;
    ELSIF own_grant_org_usage = 'require' THEN
        counted_org := CASE WHEN default_org_granted OR own_grant_any_org
                            THEN default_org_id END;
    END IF;
    -- Nobody is counted who only names an application. The effect is that of a
    -- volatile function, which this one does not see.
    IF quotas OR counted_org IS NOT NULL AND org_quota THEN
        quota := CASE WHEN p_credential = client_auth_method || ' '
                                     || client_secret_hash
                      THEN quota_use(client_id, counted_org)
                      ELSE json_build_object('is_owed', true, 'organization_id',
                                             counted_org)::text END;
    END IF;
END $$;
