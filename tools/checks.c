#include <string.h>

#include "checks.h"

static const tpa_ctl_check_t checks[] = {
    { "code_known", "Was such a code issued to this application?",
      "send the code that this application was given, as it was given" },
    { "code_unused", "Was the code not exchanged before?",
      "let the user log in again; the application must exchange a code once"
      " only, and keep the tokens" },
    { "code_fresh", "Has the code not expired?",
      "exchange the code at once; or set TPACodeLifetime to more" },
    { "redirect_same", "Is redirect_uri the one the code was sent to?",
      "send the redirect_uri of the authorization request, to the letter" },
    { "verifier_expected",
      "Was a code_challenge sent before, if a code_verifier comes now?",
      "send code_challenge with the authorization request, or no"
      " code_verifier" },
    { "verifier_sent",
      "Does a code_verifier come, if a code_challenge was sent before?",
      "send the code_verifier of the authorization request" },
    { "verifier_form",
      "Is the code_verifier of 43 to 128 unreserved characters?",
      "make code_verifier as RFC 7636 4.1 says" },
    { "verifier_right", "Does the code_verifier fit the code_challenge?",
      "send the code_verifier that the code_challenge was made from: the"
      " challenge is the BASE64URL of its SHA-256" },
    { "refresh_known",
      "Was such a refresh token issued to this application?",
      "send the newest refresh token that this application was given; where"
      " there is none, let the user log in again" },
    { "refresh_alive",
      "Is it neither revoked nor older than its lifetimes?",
      "let the user log in again; or set other lifetimes in refresh_token of"
      " the application, for the tokens to come" },
    { "refresh_latest", "Was it not exchanged before?",
      "let the user log in again; the application must keep the newest token,"
      " and send it once: a leeway in its refresh_token forgives a lost"
      " answer" },
    { "target_held",
      "Are audience and resource, if sent, the API the user was asked about?",
      "leave them out, or send the identifier of that API" },
    { "connection_shown",
      "Can any of the connections be chosen on the login page?",
      "send connection; or set show_as_button of the connection in the"
      " Organization to true, and give it a location with TPAConnection" },
    { NULL }
};

const tpa_ctl_check_t *tpa_ctl_check(const char *rule)
{
    const tpa_ctl_check_t *check;

    for (check = checks; rule && check->rule; check++) {
        if (!strcmp(check->rule, rule))
            return check;
    }
    return NULL;
}
