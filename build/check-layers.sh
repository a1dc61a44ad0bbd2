#!/bin/sh
# Gate: the floors and rooms of docs/dev/architecture.md.
. "$(dirname "$0")/gate.sh"

# Lines "file header" for every include in quotes.
includes() {
    code | sed -n 's/^\([^:]*\):[0-9]*: *# *include *"\([^"]*\)".*/\1 \2/p'
}

# The floor of a room, and what it may include.
includes_go_down() {
    c_files | includes | awk '
        BEGIN {
            floor["base"] = 0; floor["core"] = 1
            floor["crypto"] = 2; floor["store"] = 2; floor["fetch"] = 2
            floor["grant"] = 3; floor["cimd"] = 3; floor["http"] = 4; floor["mgmt"] = 4
            floor["httpd"] = 5; floor["mod_tpa_orgs.c"] = 6
            # outside src: programs over libtpa, which ends at floor 4
            floor["tools"] = 4.5; floor["t"] = 4.5
            floor["fuzz"] = 4.5; floor["bench"] = 4.5
        }
        function room(path, part) { split(path, part, "/"); return part[1] }
        {
            file = $1; sub(/^src\//, "", file)
            mine = room(file); theirs = room($2)
            if (!(mine in floor)) print "! " $1 ": no floor is known for it"
            else if ($2 !~ /\//) print "+ own folder"
            else if (!(theirs in floor)) print "! " $1 ": no room of " $2
            else if (floor[theirs] > floor[mine] || \
                     (floor[theirs] == floor[mine] && theirs != mine))
                print "! " $1 " must not include " $2
            else if ($2 ~ /_int\.h$/ && theirs != mine && mine != "t")
                print "! " $1 ": " $2 " is for its own room"
            else print "+"
        }'
}

# What is written "room/file.h" exists; a plain name lies beside its file.
includes_exist() {
    c_files | includes | while read -r file header; do
        if [ -e "src/$header" ] || [ -e "$(dirname "$file")/$header" ] ||
           [ -e "t/unit/$header" ]; then
            echo +
        else
            echo "! $file includes $header, which is not there"
        fi
    done
}

below_httpd() {
    c_files | grep -v -e '^src/httpd/' -e '^mod_tpa_orgs\.c$'
}

no_httpd_headers() {
    below_httpd | code | none \
        '^\s*#\s*include\s*<(httpd|http_\w+|ap_\w+|util_\w+|mod_\w+|mpm_\w+|scoreboard)\.h>' \
        'httpd headers belong to floors 5 and 6'
}

no_httpd_names() {
    below_httpd | bare | none \
        '\b(request_rec|server_rec|conn_rec|ap_[a-z]\w+|APLOG_\w+)\b' \
        'a name of httpd below floor 5'
}

# A foreign library stays in its place. Tests may look behind the curtain.
library_in() {
    c_files | grep -v -e '^t/' -e '^fuzz/' -e '^bench/' | grep -vE "$2" |
        code | none "$1" "$3"
}

json_types='^\s*#\s*include\s*<jansson|\bjson_(t|error_t|int_t|incref|decref|dumps|loads|loadb|object\w*|array\w*|string\w*|integer\w*)\b'
crypto_types='^\s*#\s*include\s*<(openssl|cjose)|\b(cjose_\w+|EVP_\w+|X509\w*|BIGNUM|BN_\w+|RSA_\w+|EC_\w+|OSSL_\w+|OPENSSL_\w+|RAND_\w+|PEM_\w+|BIO_\w+)\b'
dbd_names='^\s*#\s*include\s*<(apr_dbd|libpq)|\b(apr_dbd_\w+|PQ[a-z]\w+)\b'

jansson_in_one_file() {
    library_in "$json_types" '^src/base/json\.c$' \
        'jansson belongs into src/base/json.c'
}

crypto_in_one_room() {
    library_in "$crypto_types" '^src/crypto/([a-z_]+\.c|[a-z_]+_int\.h)$' \
        'OpenSSL and cjose belong into src/crypto, headers *_int.h only'
}

curl_names='^\s*#\s*include\s*<curl|\b(curl_\w+|CURL\w*)\b'

libcurl_in_one_room() {
    library_in "$curl_names" '^src/fetch/[a-z_]+\.c$' \
        'libcurl belongs into src/fetch, not into a header'
}

# tools/pg.c applies the files of sql/, before there is anything to call.
dbd_in_two_rooms() {
    library_in "$dbd_names" '^src/(store|httpd)/|^tools/(pg|tpactl)\.c$' \
        'the database is spoken to by src/store, over connections of src/httpd'
}

core_is_pure() {
    c_files 'src/core/*' | bare | none \
        '\b(apr_time_now|time|clock\w*|gettimeofday|rand\w*|apr_generate_random_bytes|fopen|open|apr_file_\w+|apr_socket_\w+|getenv|apr_env_get|tpa_log)\s*\(' \
        'core gets time, random values and data as arguments'
}

errors_not_logged() {
    c_files 'src/*' | grep -E '^src/(base|core|crypto|store|fetch)/' |
        grep -vE '^src/base/log\.[ch]$' | bare |
        none '\btpa_log\s*\(' 'floors 0 to 2 return errors, they do not log'
}

sql_words='\b(SELECT\s|INSERT\s+INTO|UPDATE\s+\w|DELETE\s+FROM|TRUNCATE\s|MERGE\s+INTO|CALL\s+\w|CREATE\s|ALTER\s|DROP\s|GRANT\s+\w+\s+ON|COPY\s+\w)'

# The places that make statements, and the one form they may have.
sql_makers='^(src/store/store|tools/pg)\.c$'

no_sql_text() {
    c_files | grep -E '^(src|tools)/|^mod_' | grep -vE "$sql_makers" | texts |
        none "$sql_words" 'SQL belongs into sql/; C calls tpa.* functions'
}

sql_is_calls() {
    c_files | grep -E "$sql_makers" | texts |
        none "^(?=.*$sql_words)(?!\s*SELECT \* FROM (tpa\.[^ ]*)?\s*\$)" \
            'is no call of a function'
}

rule 'includes go downwards only' includes_go_down
rule 'included files exist' includes_exist
rule 'httpd headers on floors 5 and 6 only' no_httpd_headers
rule 'httpd names on floors 5 and 6 only' no_httpd_names
rule 'jansson in src/base/json.c only' jansson_in_one_file
rule 'OpenSSL and cjose in src/crypto only' crypto_in_one_room
rule 'libcurl in src/fetch only' libcurl_in_one_room
rule 'apr_dbd in src/store and src/httpd only' dbd_in_two_rooms
rule 'core has no clock, random or I/O' core_is_pure
rule 'floors 0 to 2 do not log' errors_not_logged
rule 'no SQL text in C' no_sql_text
rule 'statements are calls of functions' sql_is_calls
gate_end
