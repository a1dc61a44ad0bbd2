# The tour: a token, a refusal, and why. Sourced by quickstart.

# A path as the caller would write it where he stands.
shown() {
    local path=$place/$1
    [ "$called_from" != "$here" ] || path=run/$1
    printf %q "$path"
}

# The same of what is in the clone.
shown_here() {
    local path=$here/$1
    [ "$called_from" != "$here" ] || path=$1
    printf %q "$path"
}

# token_command ORGANIZATION: the command, as it is shown and as it is run.
token_command() {
    local proxy=
    # A proxy of the caller's would be asked for localhost.
    [ -z "${https_proxy:-}${HTTPS_PROXY:-}${all_proxy:-}${ALL_PROXY:-}" ] ||
        proxy=" --noproxy '*'"
    cat <<END
curl -sS$proxy --cacert $(shown ca.pem) $(url a)oauth/token \\
    -d grant_type=client_credentials \\
    -d client_id=$client_id \\
    -d client_secret=$client_secret \\
    -d audience=$audience \\
    -d organization=$1
END
}

DECODE="jq '.access_token|split(\".\")[1]|gsub(\"-\";\"+\")|gsub(\"_\";\"/\")"
DECODE+="|@base64d|fromjson'"

# What is shown is what is run, where the caller stands.
run_shown() { (cd "$called_from" && bash -c "$1"); }

indent() { sed 's/^\(.\)/    \1/; s/ *$//'; }

# demo FILTER: a value of what "tpactl demo load" printed for the first tenant.
demo() { jq -r "$1" "$place/tenants/a-$port.demo.json"; }

read_demo() {
    client_id=$(demo '.machines[] | select(.third_party).client_id')
    client_secret=$(demo '.machines[] | select(.third_party).client_secret')
    audience=$(demo .api)
    acme=$(demo .organizations.acme)
    globex=$(demo .organizations.globex)
}

# The references of refusals in the error log, the newest last.
references() {
    grep -F "client=$client_id" "$place/log/error.log" |
        grep -o 'ref=ref_[0-9A-Za-z]*' | cut -d= -f2
}

new_reference() {
    ref=$(references | tail -n 1)
    [ -n "$ref" ] && [ "$ref" != "$1" ]
}

# ask ORGANIZATION: shows the command and the answer, which it leaves in answer.
ask() {
    local command
    command=$(token_command "$1")
    printf '%s\n\n' "$command" | indent
    answer=$(run_shown "$command") && [ -n "$answer" ] ||
        die 'httpd gave no answer; see run/log/error.log'
    printf '%s\n\n' "$answer" | indent
}

show_token() {
    printf '%s\n\n' '1. A machine of a partner wants to read posts of acme:'
    ask "$acme"
    printf '%s\n\n' '   What the token says, when you put this behind the command:'
    printf '%s\n\n' "| $DECODE" | indent
    run_shown "$DECODE" <<<"$answer" 2>&1 | indent ||
        die 'this is no token; see run/log/error.log'
    echo
}

# What the API answers to the token of acme.
show_posts() {
    local proxy=
    [ -z "${https_proxy:-}${HTTPS_PROXY:-}${all_proxy:-}${ALL_PROXY:-}" ] ||
        proxy=" --noproxy '*'"
    curl_posts="curl -sS$proxy --cacert $(shown ca.pem) -w '%{http_code}\\n'"
    curl_posts+=" -H \"Authorization: Bearer \$token\" $(api_url)posts/"
    printf '%s\n\n' '   An API behind httpd takes it, for acme and for no other:'
    printf '%s\n' "$curl_posts$acme.json" "$curl_posts$globex.json" | indent
    echo
    token=$(jq -r .access_token <<<"$answer")
    export token
    run_shown "$curl_posts$acme.json" | indent
    run_shown "$curl_posts$globex.json" | grep -E '^[0-9]+$|^<title>' | indent
    unset token
    echo
}

show_refusal() {
    before=$(references | tail -n 1)
    printf '%s\n\n' '2. It wants to read posts of globex, which did not let it in:'
    ask "$globex"
}

show_reason() {
    cat <<'END'
3. That is all the partner learns. You find a line in run/log/error.log, and
   the reference at its end leads to the reason:

END
    eventually 5 new_reference "$before" ||
        die 'there is no refusal in run/log/error.log'
    grep -F "ref=$ref" "$place/log/error.log" | tail -n 1 | fold -s -w 74 |
        indent
    printf '\n    %s\n\n' "$(shown tpactl) explain $ref"
    eventually 5 explained || die "tpactl explain $ref failed:" "$answer"
    printf '%s\n\n' "$answer"
}

show_users() {
    cat <<END
4. People log in too. Open this in a browser on this machine:

    $(app_url)

   It is an application of somebody else, at an origin of its own. Log in as

END
    jq -r '.users[] | [.email, .password, (.organizations | join(", "))]
        | @tsv' "$place/tenants/a-$port.demo.json" |
        awk -F'\t' '{ printf "    %-21s  %s    member of %s\n", $1, $2, $3 }'
    cat <<'END'

   pick an Organization, allow it, and the token it shows has that org_id.
   initech is not there to pick: it lets no third-party application in.
   A browser that does not know run/ca.pem asks twice whether to go on: there,
   and on the page where you log in.

END
}

show_agents() {
    cat <<END
5. So do agents that nobody registered. An MCP client knows one URL; this one
   (it needs node and npm) registers itself, has you log in, and lists the posts
   of the Organization you pick:

    cd $(shown_here examples/mcp-client) && npm ci
    NODE_EXTRA_CA_CERTS=$(printf %q "$place/ca.pem") node client.mjs $(mcp_url)

END
}

tour() {
    local answer before ref curl_posts
    read_demo
    say "ready: $(url a) and $(url b)"
    echo
    show_token
    show_posts
    show_refusal
    show_reason
    show_users
    show_agents
    cat <<END
run/fixture.json holds these accounts and the administrators' credentials,
run/ca.pem the CA.
./quickstart stop, status, restart; docs/quickstart.md goes on from here.
END
}

# The event of a refusal is stored a moment after the answer.
explained() { answer=$(run_shown "$(shown tpactl) explain $ref" 2>&1); }
