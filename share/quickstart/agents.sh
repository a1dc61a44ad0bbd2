# The door for applications that nobody registered by hand, as MCP clients are.
# Sourced by quickstart.

mcp_url() { echo "$(api_url)mcp"; }

# manage METHOD PATH BODY: a call of the Management API, with the token in
# $token; what is there already is as good as new.
manage() {
    local answer
    answer=$(curl -sS --noproxy '*' --max-time 30 --cacert "$place/ca.pem" \
        -w '\n%{http_code}' -X "$1" "$(url a)api/v2/$2" \
        -H 'Content-Type: application/json' -H @- -d "$3" \
        <<<"Authorization: Bearer $token") || return 1
    case ${answer##*$'\n'} in
    2?? | 409) ;;
    *) printf '%s %s: %s\n' "$1" "$2" "$answer"; return 1 ;;
    esac
}

management_token() {
    jq -c '{grant_type: "client_credentials", client_id, client_secret,
            audience}' "$place/tenants/a-$port.admin.json" |
        curl -sSf --noproxy '*' --max-time 30 --cacert "$place/ca.pem" \
            "$(url a)oauth/token" -H 'Content-Type: application/json' -d @- |
        jq -r .access_token
}

# What docs/registration.md tells an operator to do.
open_to_agents() {
    local token
    token=$(management_token) && [ -n "$token" ] || return 1
    manage PATCH tenants/settings "$(jq -nc '{
        resource_parameter_profile: "compatibility",
        client_id_metadata_document_supported: true,
        flags: {enable_dynamic_client_registration: true}}')" &&
        manage POST resource-servers "$(jq -nc --arg url "$(mcp_url)" '{
            identifier: $url, name: "Posts by MCP",
            allow_offline_access: true, token_dialect: "rfc9068_profile",
            scopes: [{value: "read:posts", description: "Read posts"}]}')" &&
        manage POST client-grants "$(jq -nc --arg url "$(mcp_url)" '{
            default_for: "third_party_clients", audience: $url,
            subject_type: "user", scope: ["read:posts"]}')"
}

open_door() {
    step 'letting agents in' "$place/log/agents.log" open_to_agents
}
