#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "crypto/key.h"
#include "store/keys.h"
#include "tpactl.h"

#define DEFAULT_NAME "mod_tpa_orgs"   /* in the certificate of a key */

/* What people read and programs get of a key: nothing of its private part. */
static tpa_json_t *keys_json(const apr_array_header_t *keys, apr_pool_t *p)
{
    tpa_json_t *list = tpa_json_array(p), *o;
    int i;

    for (i = 0; i < keys->nelts; i++) {
        const tpa_signing_key_t *key
            = &APR_ARRAY_IDX(keys, i, tpa_signing_key_t);

        o = tpa_json_object(p);
        tpa_json_set_str(o, "kid", key->kid);
        tpa_json_set_str(o, "state", key->state);
        tpa_json_add(list, o);
    }
    return list;
}

static int print_keys(tpa_ctl_t *ctl)
{
    apr_array_header_t *keys;
    tpa_err_t *e = tpa_store_keys(ctl->store, &keys, ctl->p);
    int i;

    if (e)
        return tpa_ctl_fail(ctl, e);
    if (ctl->json) {
        tpa_ctl_print_json(keys_json(keys, ctl->p), ctl->p);
        return TPA_CTL_DONE;
    }
    if (!keys->nelts)
        printf("there are no keys; tpactl init makes them\n");
    for (i = 0; i < keys->nelts; i++) {
        const tpa_signing_key_t *key
            = &APR_ARRAY_IDX(keys, i, tpa_signing_key_t);

        printf("%-9s %s\n", key->state, key->kid);
    }
    return TPA_CTL_DONE;
}

int tpa_ctl_key_list(tpa_ctl_t *ctl)
{
    int rc = tpa_ctl_open(ctl);

    return rc == TPA_CTL_DONE ? print_keys(ctl) : rc;
}

/* ---- rotate ------------------------------------------------------------- */

tpa_err_t *tpa_ctl_make_key(const char *name, const tpa_sealer_t *sealer,
                            tpa_signing_key_t *out, apr_pool_t *p)
{
    const char *private_jwk;
    tpa_key_t *key;

    TPA_TRY(tpa_key_generate(name, apr_time_now(), &key, p));
    private_jwk = tpa_key_private_jwk(key, p);
    out->kid = tpa_key_thumbprint(key);
    out->state = "next";
    out->public_jwk = tpa_key_public_jwk(key, p);
    out->cert_pem = tpa_key_cert_pem(key);
    return tpa_seal(sealer, TPA_SEAL_SIGNING_KEY, private_jwk,
                    strlen(private_jwk), &out->sealed, p);
}

/* The servers must be able to open the key that is about to sign; a key sealed
 * with another file's secret would stop them at the next rotation. */
static int check_secret_fits(tpa_ctl_t *ctl, const tpa_sealer_t *sealer)
{
    apr_array_header_t *keys;
    tpa_err_t *e = tpa_store_keys(ctl->store, &keys, ctl->p);
    int i, live = 0;

    if (e)
        return tpa_ctl_fail(ctl, e);
    for (i = 0; i < keys->nelts; i++) {
        const tpa_signing_key_t *key
            = &APR_ARRAY_IDX(keys, i, tpa_signing_key_t);
        const char *bytes;

        if (strcmp(key->state, "current") && strcmp(key->state, "next"))
            continue;
        live++;
        if (tpa_unseal(sealer, TPA_SEAL_SIGNING_KEY, key->sealed, &bytes, NULL,
                       ctl->p))
            return tpa_ctl_say(TPA_CTL_FAILED, "%s does not open the %s key:"
                               " it is not the file that TPASecretFile names"
                               " for this tenant", ctl->secret_file,
                               key->state);
    }
    if (!live)
        return tpa_ctl_say(TPA_CTL_FAILED, "this database holds no tenant yet:"
                           " run tpactl init");
    return TPA_CTL_DONE;
}

int tpa_ctl_key_rotate(tpa_ctl_t *ctl)
{
    tpa_sealer_t *sealer;
    tpa_signing_key_t fresh;
    tpa_err_t *e;
    int rc;

    rc = tpa_ctl_sealer(ctl, &sealer);
    if (rc == TPA_CTL_DONE)
        rc = tpa_ctl_open(ctl);
    if (rc == TPA_CTL_DONE)
        rc = check_secret_fits(ctl, sealer);
    if (rc != TPA_CTL_DONE)
        return rc;
    e = tpa_ctl_make_key(ctl->name ? ctl->name : DEFAULT_NAME, sealer, &fresh,
                         ctl->p);
    if (!e)
        e = tpa_store_key_rotate(ctl->store, &fresh, ctl->p);
    return e ? tpa_ctl_fail(ctl, e) : print_keys(ctl);
}

/* ---- revoke ------------------------------------------------------------- */

static const char *state_of(const apr_array_header_t *keys, const char *kid)
{
    int i;

    for (i = 0; i < keys->nelts; i++) {
        const tpa_signing_key_t *key
            = &APR_ARRAY_IDX(keys, i, tpa_signing_key_t);

        if (!strcmp(key->kid, kid))
            return key->state;
    }
    return NULL;
}

static int not_revocable(tpa_ctl_t *ctl, const char *state)
{
    const char *kid = tpa_text_loggable(ctl->arg, 60, ctl->p);

    if (!state)
        return tpa_ctl_say(TPA_CTL_NOT_FOUND, "there is no key %s; tpactl key"
                           " list prints them", kid);
    if (!strcmp(state, "current"))
        return tpa_ctl_say(TPA_CTL_FAILED, "key %s is the current one: run"
                           " tpactl key rotate first, and revoke it when no"
                           " token signed with it is needed any more", kid);
    return tpa_ctl_say(TPA_CTL_FAILED, "key %s is %s; only a previous key can"
                       " be revoked", kid,
                       strcmp(state, "next") ? state : "the next one");
}

int tpa_ctl_key_revoke(tpa_ctl_t *ctl)
{
    apr_array_header_t *keys;
    const char *state;
    tpa_err_t *e;
    int rc;

    if (!ctl->arg)
        return tpa_ctl_say(TPA_CTL_USAGE, "which key? tpactl key revoke KID;"
                           " tpactl key list prints them");
    rc = tpa_ctl_open(ctl);
    if (rc != TPA_CTL_DONE)
        return rc;
    e = tpa_store_keys(ctl->store, &keys, ctl->p);
    if (e)
        return tpa_ctl_fail(ctl, e);
    state = state_of(keys, ctl->arg);
    if (state && !strcmp(state, "revoked")) {
        if (!ctl->json)
            printf("key %s was revoked before; nothing to do\n", ctl->arg);
        return ctl->json ? print_keys(ctl) : TPA_CTL_DONE;
    }
    if (!state || strcmp(state, "previous"))
        return not_revocable(ctl, state);
    e = tpa_store_key_revoke(ctl->store, ctl->arg, ctl->p);
    return e ? tpa_ctl_fail(ctl, e) : print_keys(ctl);
}
