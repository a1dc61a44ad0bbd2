#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_dbd.h>
#include <apr_general.h>

#include "tpactl.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.0.0"
#endif

#ifndef TPA_SQLDIR
#define TPA_SQLDIR "/usr/share/mod_tpa_orgs/sql"
#endif

const tpa_ctl_code_t tpa_ctl_codes[] = {
    { TPA_CTL_DONE, "done, also when there was nothing left to do" },
    { TPA_CTL_FAILED, "refused, or failed; stderr says why" },
    { TPA_CTL_USAGE, "the command line is wrong" },
    { TPA_CTL_NO_DATABASE, "the database cannot be reached" },
    { TPA_CTL_NOT_FOUND, "the key or the reference does not exist" },
    { 0, NULL }
};

#define AT(member) offsetof(tpa_ctl_t, member)

const tpa_ctl_opt_t tpa_ctl_opts[] = {
    { "db", "CONNINFO", "TPA_DB", AT(db),
      "the tenant's database, as a libpq connection string for the owner of"
      " the schema; passwords belong into a password file" },
    { "secret-file", "FILE", "TPA_SECRET_FILE", AT(secret_file),
      "the file that TPASecretFile names in the configuration of httpd" },
    { "sql-dir", "DIR", "TPA_SQLDIR", AT(sql_dir),
      "where migrations/ and functions/ are, instead of " TPA_SQLDIR },
    { "issuer", "URL", NULL, AT(issuer),
      "the issuer, to the letter what TPAIssuer says" },
    { "name", "NAME", NULL, AT(name),
      "name of the tenant (init; default: the host of the issuer), or in the"
      " certificate of the fresh key (key rotate)" },
    { "api", "URL", NULL, AT(api),
      "identifier of the API to make; default: https://api.example.com/" },
    { "app", "URL", NULL, AT(app),
      "where the application of the demonstration is, an origin with a slash;"
      " default: https://app.localhost:8443/" },
    { "latest", NULL, NULL, AT(latest),
      "the newest refusal, instead of one with a reference" },
    { "client", "ID", NULL, AT(client),
      "with --latest: of this application only" },
    { "json", NULL, NULL, AT(json), "print JSON, for programs" },
    { "help", NULL, NULL, AT(help), "print help and do nothing else" },
    { "version", NULL, NULL, AT(version),
      "print the version and do nothing else" },
    { NULL }
};

#define COMMON "db secret-file sql-dir help version "

const tpa_ctl_verb_t tpa_ctl_verbs[] = {
    { "schema apply", tpa_ctl_schema_apply, NULL, COMMON,
      "create the schema, or bring it up to date",
      "Applies the migrations that the database lacks, one after the other,"
      " each wholly or not at all, and then the functions. Run again, it"
      " changes nothing. Connect as the role that shall own the schema. The"
      " role tpa_httpd, as which httpd connects, must exist." },
    { "schema status", tpa_ctl_schema_status, NULL, COMMON "json",
      "compare the schema with this build",
      "Prints the version of the schema and the version this build works with;"
      " exits with 1 when they differ." },
    { "init", tpa_ctl_init, NULL, COMMON "issuer name json",
      "make the tenant, its keys and its first administrator",
      "Makes the tenant of --issuer in an empty database: two signing keys, the"
      " Management API, and an administrator application that may use all of"
      " it, whose secret is printed this once. Run again, it changes nothing"
      " and prints no secret." },
    { "key list", tpa_ctl_key_list, NULL, COMMON "json",
      "list the signing keys",
      "Lists the signing keys, the newest first, each with its state: next,"
      " current, previous or revoked." },
    { "key rotate", tpa_ctl_key_rotate, NULL, COMMON "name json",
      "sign with the next key from now on",
      "The next key becomes current, the current one becomes previous and is"
      " still published, and a fresh key becomes next. Running servers follow"
      " within seconds." },
    { "key revoke", tpa_ctl_key_revoke, "KID", COMMON "json",
      "stop publishing a previous key",
      "Takes a previous key out of the published set: no token signed with it"
      " verifies from then on. The current and the next key cannot be revoked;"
      " rotate first." },
    { "demo load", tpa_ctl_demo_load, NULL, COMMON "api app json",
      "load the demonstration: an API, Organizations, users, applications",
      "Makes an API with four scopes; the Organizations acme and globex, and"
      " initech, which lets no third-party application in; a machine of your"
      " own that may act for any Organization, and a partner's third-party"
      " machine that may act for acme only; a third-party application for users"
      " at --app; and the users ada@acme.example, a member of all three, and"
      " grace@globex.example, a member of globex. Their secrets and passwords"
      " are printed this once. Run again, it changes nothing." },
    { "explain", tpa_ctl_explain, "[REF]", COMMON "latest client json",
      "tell why a request was refused, and what would turn it around",
      "Prints the rules of the decision behind a refusal, what each of them"
      " asked and saw, the one that refused, and the change that would turn it"
      " around. REF is the reference in the line that the refusal left in"
      " httpd's error log." },
    { NULL }
};

/* A secret that did not reach its reader must not look like success. */
static int flushed(int code)
{
    if (fflush(stdout) || ferror(stdout))
        return tpa_ctl_say(TPA_CTL_FAILED, "could not write all of the"
                           " output");
    return code;
}

static int needs(const tpa_ctl_t *ctl)
{
    if (!ctl->db)
        return tpa_ctl_say(TPA_CTL_USAGE, "say which database: --db"
                           " 'host=/run/postgresql dbname=tpa user=tpa_owner',"
                           " or set the variable TPA_DB");
    return TPA_CTL_DONE;
}

static int run(tpa_ctl_t *ctl, int argc, const char *const *argv)
{
    int rc = tpa_ctl_parse(ctl, argc, argv);

    if (rc != TPA_CTL_DONE)
        return rc;
    if (ctl->version) {
        printf("tpactl " PACKAGE_VERSION ", schema %d\n", TPA_SCHEMA);
        return TPA_CTL_DONE;
    }
    if (ctl->help) {
        tpa_ctl_help(ctl);
        return TPA_CTL_DONE;
    }
    if (!ctl->sql_dir)
        ctl->sql_dir = TPA_SQLDIR;
    rc = needs(ctl);
    return rc == TPA_CTL_DONE ? ctl->verb->run(ctl) : rc;
}

int main(int argc, const char *const *argv)
{
    tpa_ctl_t ctl;
    int rc;

    memset(&ctl, 0, sizeof(ctl));
    apr_app_initialize(&argc, &argv, NULL);
    apr_pool_create(&ctl.p, NULL);
    apr_dbd_init(ctl.p);
    rc = flushed(run(&ctl, argc, argv));
    apr_pool_destroy(ctl.p);
    apr_terminate();
    return rc;
}
