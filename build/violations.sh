# One violation, at least, for each rule of each gate; prove-gates.sh reads it.
#     gate   rule   file   text to put at its end, or sed:command
x=src/core/planted.c
u=t/unit/base/test_planted.c

plant layers 'includes go downwards only' $x '#include "store/store.h"'
plant layers 'includes go downwards only' src/crypto/planted.c \
    '#include "store/store.h"'
plant layers 'includes go downwards only' src/http/planted.c \
    '#include "core/m2m_int.h"'
plant layers 'included files exist' $x '#include "core/nowhere.h"'
plant layers 'httpd headers on floors 5 and 6 only' $x '#include <http_log.h>'
plant layers 'httpd names on floors 5 and 6 only' src/http/planted.c \
    'static int f(request_rec *r);'
plant layers 'jansson in src/base/json.c only' src/base/planted.h \
    'json_t *planted(void);'
plant layers 'OpenSSL and cjose in src/crypto only' src/crypto/planted.h \
    'EVP_PKEY *planted(void);'
plant layers 'OpenSSL and cjose in src/crypto only' src/http/planted.c \
    '#include <cjose/cjose.h>'
plant layers 'libcurl in src/fetch only' src/mgmt/planted.c \
    '    curl_easy_perform(handle);'
plant layers 'libcurl in src/fetch only' src/fetch/planted.h \
    'CURL *planted(void);'
plant layers 'apr_dbd in src/store and src/httpd only' src/grant/planted.c \
    '    apr_dbd_query(driver, handle, &rows, text);'
plant layers 'core has no clock, random or I/O' $x \
    '    now = apr_time_now();'
plant layers 'floors 0 to 2 do not log' src/store/planted.c \
    '    tpa_log(log, TPA_LOG_ERR, p, "TPA9999: x");'
plant layers 'no SQL text in C' src/store/planted.c \
    'static const char *q = "DELETE "\n    "FROM tpa.code";'
plant layers 'statements are calls of functions' src/store/store.c \
    'static const char *q = "UPDATE tpa.code SET used = true";'
plant layers 'statements are calls of functions' src/store/store.c \
    'static const char *q = "SELECT * FROM tpa.f(%s) WHERE x";'

lines=$(awk 'BEGIN { for (i = 0; i < 501; i++) printf "--\\n" }')
body=$(awk 'BEGIN { for (i = 0; i < 78; i++) printf "    x++;\\n" }')
plant size 'files have at most 500 lines' sql/functions/planted.sql "$lines"
plant size 'functions have at most 80 lines' $x \
    "static int f(int x)\n{\n${body}}"
plant size 'functions have at most 80 lines' build/size-exceptions \
    'src/core/scope.c:tpa_scope_parse 90 no longer needed'
plant size 'files have at most 500 lines' build/size-exceptions \
    'src/core/scope.c 600 no longer needed'
plant size 'function braces stand in column 0' $x 'static int f(int x) {\n}'
plant size 'exceptions name what exists' build/size-exceptions \
    'src/core/planted.c 600 not there'

plant words 'no paths of a machine' docs/planted.md 'see /wor\0153/main'
plant words 'no package registries' t/sdk/planted.json \
    'https://registr\0171.npmjs.org/x'
plant words 'no unfinished work' $x '/* TOD\0117: later */'
plant words 'no issue numbers' docs/planted.md 'as issu\0145 12 says'
plant words 'no trailing blanks' docs/planted.md 'a line \n'
plant words 'files end with a newline' docs/dev/style.md 'raw:the end'
plant words 'no tabs in C' $x '\tint x;'
plant words 'C lines have at most 80 columns' $x \
    '/* 3456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 x */'
plant words 'no unsafe calls' $x '    sprintf(s, "%%d", 1);'
plant words 'no goto' $x '    goto out;'
plant words 'no calls that are traps' src/store/planted.c \
    '    rv = apr_dbd_transaction_start(driver, p, handle, &trans);'

plant tags 'each tag is used once' $x \
    'static const char *a = "TPA0001: x";\nstatic const char *b = "TPA0001: x";'
plant tags 'docs/dev/log-tags is ahead of all' $x 'char *a = "TPA9998: x";'
plant tags 'each message has a tag' src/http/planted.c \
    '    tpa_log(log, TPA_LOG_ERR, p,\n            "no tag: %%s", f(x));'

plant tests 'lower floors have unit tests' $x 'int x;'
plant tests 'reasons in build/untested are needed' build/untested \
    'src/core/scope.c it has one'
plant tests 'reasons in build/untested are needed' build/untested \
    'src/core/planted.c it is not there'
plant tests 'unit tests are built' $u 'ck_assert(1);'
plant tests 'test bodies are registered' $u \
    'START_TEST(nobody)\n{\n    ck_assert(1);\n}'
plant tests 'unit tests assert' $u 'int x;'
plant tests 'fuzz targets are built' fuzz/fuzz_planted.c 'int x;'
plant tests 'system tests are found' t/planted.t 'plan tests => 1;'
plant tests 'system tests have a plan' t/token/planted.t 'ok 1;'
plant tests 'system tests cannot vanish' t/token/planted.t \
    'plan tests => 1, need_module "tpa_orgs";'

plant sql 'calls fit functions' src/store/planted.c \
    'static const tpa_fn_t fn = { "planted", 2, 1 };'
plant sql 'calls fit functions' src/store/planted.c \
    'static const tpa_fn_t fn = { "schema_version", 1, 1 };'
plant sql 'calls fit functions' src/mgmt/planted.c \
    'return tpa_mg_get(c, "planted_get", results, reply);'
plant sql 'calls fit functions' src/mgmt/planted.c \
    'return tpa_mg_patch(c, "signing_key_get",\n    "planted", NULL, results, reply);'
plant sql 'calls fit functions' src/mgmt/planted.c \
    'return tpa_mg_write(c, "schema_version", arg, NULL, results, reply);'
plant sql 'functions are called or tested' sql/functions/planted.sql \
    'CREATE FUNCTION tpa.planted() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;'
plant sql 'functions are definer and pinned' sql/functions/planted.sql \
    'CREATE FUNCTION tpa.planted() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;'
plant sql 'migrations are numbered' sql/migrations/0099_planted.sql 'SELECT 1;'

plant docs 'directives are in conf/tpa_orgs.conf' conf/tpa_orgs.conf \
    '#TPAPlanted 5'
plant docs 'directives are in conf/tpa_orgs.conf' src/core/settings.def \
    'OPT(planted, "TPAPlanted", 5, 1, 9,\n    "x")'
plant docs 'conf/tpa_orgs.conf shows the defaults' conf/tpa_orgs.conf \
    'sed:s/TPAMaxBody 65536/TPAMaxBody 65535/'
plant docs 'directives are in docs/directives.md' src/httpd/config.c \
    'AP_INIT_TAKE1("TPAPlanted", f, NULL, RSRC_CONF, "x"),'
plant docs 'directives named anywhere exist' docs/planted.md 'write TPAPlanted 5'
plant docs 'routes are in docs/endpoints.md' src/httpd/routes.c \
    'sed:s|{ "oauth/token",|{ "oauth/planted",|'
plant docs 'parameters are in docs/endpoints.md' src/grant/m2m.c \
    'sed:s/"audience", /"audience", "planted", /'
plant docs 'parameters of /authorize are in docs/endpoints.md' \
    src/core/params.c 'sed:s/{ "nonce"/{ "planted"/'
plant docs 'parameters of /authorize are in docs/endpoints.md' \
    src/core/params.c 'sed:s/EVERYBODY,  1024/EVERYBODY,  1025/'
plant docs 'parameters of revocation are in docs/endpoints.md' \
    src/http/revoke.c 'sed:s/"token_type_hint"/"planted"/'
plant docs 'error codes are in docs/endpoints.md' src/base/err.c \
    'sed:s/"invalid_target"/"invalid_planted"/'
plant docs 'routes are in docs/management-api.md' src/mgmt/keys.c \
    'sed:s|"keys/signing/rotate"|"keys/signing/planted"|'
plant docs 'routes are in docs/management-api.md' src/mgmt/keys.c \
    'sed:s|"read:signing_keys"|"read:planted"|'
plant docs 'routes are in docs/management-api.md' docs/management-api.md \
    '| `GET /planted` | `read:planted` | 200 | x |'
plant docs 'properties are in docs/management-api.md' src/mgmt/tenant.c \
    'sed:s/{ "support_url"/{ "planted_url"/'
plant docs 'error codes are in docs/management-api.md' src/mgmt/keys.c \
    'sed:s/{ "not_previous", TPA_E_NOT_SUPPORTED, NULL/{ "not_previous", TPA_E_NOT_SUPPORTED, "planted"/'
plant docs 'verbs are in tpactl.1' tools/tpactl.c \
    'sed:s/{ "key list"/{ "key planted"/'
plant docs 'verbs are in docs/tpactl.md' tools/tpactl.c \
    'sed:s/{ "key list"/{ "key planted"/'
plant docs 'options are in tpactl.1' tools/tpactl.c 'sed:s/{ "json"/{ "planted"/'
plant docs 'environment is in tpactl.1' tools/tpactl.c \
    'sed:s/"TPA_DB"/"TPA_PLANTED"/'
plant docs 'rules of the decision are in docs/policy.md' src/core/m2m_rules.c \
    'sed:s/{ "api_known"/{ "api_planted"/'
plant docs 'rules of the user flow are in docs/policy.md' src/core/flow_rules.c \
    'sed:s/{ "consent_stands"/{ "planted"/'
plant docs 'decisions are numbered' docs/decisions/0099-planted.md 'text'
plant docs 'documents point to files that exist' docs/planted.md \
    '[more](nowhere.md)'
