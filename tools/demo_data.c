#include "demo.h"

const tpa_demo_scope_t tpa_demo_scopes[] = {
    { "create:posts", "Write posts" }, { "read:posts", "Read posts" },
    { "update:posts", "Change posts" }, { "delete:posts", "Delete posts" },
    { NULL, NULL }
};

/* name, display name, colours, domain, third_party_client_access */
const tpa_demo_org_t tpa_demo_orgs[TPA_DEMO_ORGS] = {
    { "acme", "Acme Inc", "#a63d1c", "#fdf5ef", "acme.example", "allow" },
    { "globex", "Globex Corporation", "#0f6b5c", "#eef7f4", "globex.example",
      "allow" },
    { "initech", "Initech", "#4b4b8f", "#f3f3fa", "initech.example", "block" }
};

const tpa_demo_machine_t tpa_demo_machines[TPA_DEMO_MACHINES] = {
    { "Back office", "", 32, 0, NULL, "allow", 1, -1 },
    { "Partner reports", "tpc_", 22, 1, "read:posts", "require", 0, 0 }
};

/* Ada is in initech too: that it is not offered to her is worth a look. */
const tpa_demo_user_t tpa_demo_users[TPA_DEMO_USERS] = {
    /* e-mail                  name            acme globex initech */
    { "ada@acme.example",     "Ada Lovelace", { 1, 1, 1 } },
    { "grace@globex.example", "Grace Hopper", { 0, 1, 0 } }
};
