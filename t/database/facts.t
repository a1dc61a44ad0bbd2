# The row of facts of a token request.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use Test::More;

use TPA::Functions;

my $API = 'https://api.example.com/';

fresh_schema();

# ---- what there is ----------------------------------------------------------
is scalar(my @row = rows_of("SELECT * FROM tpa.m2m_facts('a', 'b', 'c', 'd', 'e',
    NULL, NULL, NULL)")),
    1, 'm2m_facts: one row even without a tenant';

rows_of("INSERT INTO tpa_data.tenant (issuer, name,
         allow_organization_name_in_authentication_api)
         VALUES ('https://auth.example.com/', 'Example', true)");
for (
    [ resource_server_create => { id => api_of(1), identifier => $API,
          scopes => [ map { { value => $_ } } qw(read:posts write:posts) ],
          proof_of_possession => { mechanism => 'dpop',
                                   required => $FALSE } } ],
    [ resource_server_create => { id => api_of(2), identifier => 'urn:two',
          token_lifetime => 60, token_dialect => 'rfc9068_profile' } ],
    [ organization_create => { id => org_of(1), name => 'acme' } ],
    [ organization_create => { id => org_of(2), name => 'globex' } ],
    [ client_create => { client_id => 'machine', name => 'M',
          grant_types => [ 'client_credentials' ], secret_hash => hash_of('s'),
          default_organization => { organization_id => org_of(1),
                                    flows => [ 'client_credentials' ] } } ],
    [ client_create => { client_id => 'tpc_1', name => 'T',
          is_first_party => $FALSE } ],
    [ client_create => { client_id => 'perm', name => 'P', is_first_party =>
          $FALSE, third_party_security_mode => 'permissive' } ],
    [ client_create => { client_id => 'jwt', name => 'J',
          client_authentication_methods => { private_key_jwt => { credentials =>
              [ { id => 'cred_1', kid => 'kid-kid-kid-1', pem => 'P1' },
                { id => 'cred_2', kid => 'kid-kid-kid-2', pem => 'P2',
                  alg => 'PS256', expires_at => '2999-01-01T00:00:00Z' } ]
          } } } ],
    [ client_update => { client_id => 'jwt', client_authentication_methods =>
          { private_key_jwt => { credentials => [ { id => 'cred_2' } ] } } } ],
    [ client_grant_create => { id => grant_of(1), client_id => 'machine',
          audience => $API, scope => [ 'read:posts', 'write:posts' ],
          organization_usage => 'allow' } ],
    [ client_grant_create => { id => grant_of(2), client_id => 'tpc_1',
          audience => $API, subject_type => 'user', scope => [] } ],
    [ client_grant_create => { id => grant_of(4), audience => $API,
          default_for => 'third_party_clients', scope => [ 'read:posts' ] } ],
    [ organization_client_grant_create => { organization_id => org_of(1),
          grant_id => grant_of(1) } ],
) {
    my ($fn, $object) = @$_;

    like effect($fn, $object), qr/^(?:created|updated) /, $fn;
}

# ---- facts ------------------------------------------------------------------
sub facts {
    my $columns = value_of(
        'SELECT to_jsonb(f)::text FROM tpa.m2m_facts(?, ?, ?, ?, ?, NULL,
         NULL, NULL) AS f', @_[0 .. 4]);

    return JSON::PP::decode_json($columns);
}

# Some columns of the facts of a request.
sub facts_are {
    my ($args, $expected, $what) = @_;
    my $facts = facts(@$args);

    is_deeply { map { $_ => $facts->{$_} } keys %$expected }, $expected,
        "m2m_facts: $what";
    return;
}

facts_are([ 'machine', $API, undef, 'acme' ], {
    tenant_default_audience => undef, tenant_org_names => $TRUE,
    tenant_resource_compat => $FALSE, tenant_third_party_m2m => $TRUE,
    client_id => 'machine', client_external_id => undef, client_name => 'M',
    client_auth_method => 'client_secret_post',
    client_secret_hash => hash_of('s'), client_credentials => undef,
    client_grant_types => 'client_credentials', client_first_party => $TRUE,
    client_strict => $FALSE, client_requires_pop => $FALSE,
    client_via => 'manual', asked_audience => $API,
    api_id => api_of(1), api_audience => $API,
    api_scopes => 'read:posts write:posts', api_system => $FALSE,
    api_client_denied => $FALSE, api_takes_dpop => $TRUE,
    api_requires_pop => $FALSE, proof_fresh => undef,
    api_token_lifetime => 86400, api_dialect => 'access_token',
    own_grant_id => grant_of(1), own_grant_scopes => 'read:posts write:posts',
    own_grant_all_scopes => $FALSE, own_grant_org_usage => 'allow',
    own_grant_any_org => $FALSE,
    default_grant_id => grant_of(4), default_grant_scopes => 'read:posts',
    default_grant_all_scopes => $FALSE, default_grant_org_usage => undef,
    default_grant_any_org => $FALSE,
    org_id => org_of(1), org_name => 'acme', org_by_name => $TRUE,
    org_granted => $TRUE, default_org_id => org_of(1),
    default_org_name => 'acme', default_org_granted => $TRUE,
    quota => undef,
}, 'all of them');
is scalar(keys %{ facts('x', undef, undef, undef) }), 44,
    'm2m_facts: no column but those';
facts_are([ 'machine', $API, undef, org_of(2) ], {
    org_id => org_of(2), org_name => 'globex', org_by_name => $FALSE,
    org_granted => $FALSE }, 'by id, not granted');
facts_are([ 'machine', $API, undef, org_of(7) ], {
    org_id => undef, org_by_name => undef, org_granted => $FALSE },
    'an Organization that is not there');
facts_are([ 'nobody', 'urn:x', undef, undef ], {
    client_id => undef, client_secret_hash => undef, asked_audience => 'urn:x',
    api_id => undef, own_grant_id => undef, default_grant_id => undef,
    org_id => undef, default_org_id => undef }, 'nothing is there');
facts_are([ 'tpc_1', $API, undef, undef ], {
    client_first_party => $FALSE, client_strict => $TRUE, own_grant_id => undef,
    default_grant_id => grant_of(4), default_org_id => undef },
    'a strict third party; a grant for users is none for machines');
facts_are([ 'perm', 'urn:two', undef, undef ], {
    client_first_party => $FALSE, client_strict => $FALSE,
    api_token_lifetime => 60, api_dialect => 'rfc9068_profile',
    api_scopes => '', own_grant_id => undef, default_grant_id => undef },
    'another API');
facts_are([ 'machine', undef, $API, undef ],
    { asked_audience => undef, api_id => undef },
    'resource does not count under the profile audience');

# An Organization whose name is the id of another: the id counts.
effect(organization_create => { id => 'org_AAAAAAAAAAAAAAAA',
    name => 'org_bbbbbbbbbbbbbbbb' });
effect(organization_create => { id => 'org_bbbbbbbbbbbbbbbb', name => 'bee' });
facts_are([ 'machine', $API, undef, 'org_bbbbbbbbbbbbbbbb' ], {
    org_id => 'org_bbbbbbbbbbbbbbbb', org_name => 'bee',
    org_by_name => $FALSE }, 'an id wins over a name');

effect(tenant_settings_update => { resource_parameter_profile =>
    'compatibility', default_audience => 'urn:two',
    third_party_client_credentials => $FALSE });
facts_are([ 'machine', undef, $API, undef ],
    { asked_audience => $API, api_id => api_of(1), tenant_resource_compat =>
      $TRUE, tenant_third_party_m2m => $FALSE }, 'resource counts now');
facts_are([ 'machine', 'urn:x', $API, undef ],
    { asked_audience => 'urn:x', api_id => undef }, 'audience wins');
facts_are([ 'machine', undef, undef, undef ],
    { asked_audience => undef, api_id => api_of(2),
      tenant_default_audience => 'urn:two' }, 'else the default audience');

rows_of("UPDATE tpa_data.clients SET default_organization_flows = '{}',
         require_proof_of_possession = true WHERE client_id = 'machine'");
facts_are([ 'machine', $API, undef, undef ],
    { default_org_id => undef, client_requires_pop => $TRUE },
    'a default Organization for other flows');
for ([ 'f', 'all_clients', $FALSE ], [ 't', 'public_clients', $FALSE ],
     [ 't', 'all_clients', $TRUE ]) {
    rows_of('UPDATE tpa_data.resource_servers SET pop_required = ?,
             pop_required_for = ? WHERE id = ?', @$_[0, 1], api_of(1));
    facts_are([ 'machine', $API, undef, undef ],
              { api_requires_pop => $_->[2] },
              "proof of possession: $_->[0] for $_->[1]");
}

rows_of("UPDATE tpa_data.resource_servers SET pop_mechanism = 'mtls'
         WHERE id = ?", api_of(1));
facts_are([ 'machine', $API, undef, undef ], { api_takes_dpop => $FALSE },
          'keys by certificate are not those of DPoP');
facts_are([ 'perm', 'urn:two', undef, undef ], { api_takes_dpop => $FALSE },
          'nor is no policy one');

# A proof is used up with the facts, of an application that there is.
sub proof_fresh {
    my ($client, $jkt, $jti) = @_;

    return value_of('SELECT proof_fresh FROM tpa.m2m_facts(?, ?, NULL, NULL,
                     NULL, ?, ?, ?)', $client, $API, $jkt, hash_of($jti), time + 300);
}
is proof_fresh('machine', 'key', 'one'), 't', 'm2m_facts: a fresh proof';
is proof_fresh('machine', 'key', 'one'), 'f', 'm2m_facts: that proof again';
is proof_fresh('jwt', 'key', 'one'), 'f',
    'm2m_facts: and by another application';
is proof_fresh('machine', 'other', 'one'), 't', 'm2m_facts: of another key';
is proof_fresh('nobody', 'key', 'two'), undef,
    'm2m_facts: of an application that is not there';
is proof_fresh('machine', 'key', 'two'), 't',
    'm2m_facts: which uses nothing up';
# Quotas are counted with the facts, of whoever proves who it is.
sub quota_of {
    my $text = facts('machine', $API, undef, @_)->{quota};

    return $text && JSON::PP::decode_json($text);
}
my $proof = 'client_secret_post ' . hash_of('s');

is quota_of(undef, $proof), undef, 'm2m_facts: no quota';
like effect(client_update => { client_id => 'machine', token_quota => {
    client_credentials => { per_day => 1 } } }), qr/^updated/, 'a quota';
for (undef, '', hash_of('s'), 'client_secret_basic ' . hash_of('s'),
     'client_secret_post ' . hash_of('t'), "$proof ") {
    is_deeply quota_of(undef, $_), { is_owed => $TRUE,
        organization_id => undef }, 'm2m_facts: no proof, nothing counted';
}
is quota_of(undef, $proof)->{buckets}[0]{used}, 1, 'm2m_facts: one counted';
is quota_of(undef, $proof)->{used_up}, 'client', 'm2m_facts: used up';
is value_of('SELECT sum(used) FROM tpa_data.quota_uses'), 1,
    'm2m_facts: not counted beyond it';
is quota_of(org_of(2), $proof)->{organization_id}, undef,
    'm2m_facts: an Organization it is not granted is left alone';
ok value_of('SELECT done FROM tpa.quota_give(?, ?, ?)', 'machine', undef,
    time), 'quota_give';
is value_of('SELECT sum(used) FROM tpa_data.quota_uses'), 0,
    'quota_give: it is back';
ok value_of('SELECT done FROM tpa.quota_give(?, ?, ?)', 'machine', undef,
    time - 86400), 'quota_give: of another day';
is value_of('SELECT sum(used) FROM tpa_data.quota_uses'), 0,
    'quota_give: never less than nothing';
is JSON::PP::decode_json(value_of('SELECT quota FROM tpa.quota_take(?, ?)',
    'machine', undef))->{buckets}[0]{used}, 1, 'quota_take';

sub keys_of_jwt {
    my $text = facts('jwt', $API, undef, undef)->{client_credentials};

    return $text && JSON::PP::decode_json($text);
}
is_deeply keys_of_jwt(), [ { id => 'cred_2', kid => 'kid-kid-kid-2',
    alg => 'PS256', pem => 'P2', expires_at => 32472144000 } ],
    'm2m_facts: keys in use';
rows_of("UPDATE tpa_data.client_credentials SET in_use = true, expires_at =
         CASE id WHEN 'cred_2' THEN now() - interval '1 second' END");
is_deeply [ map { $_->{id} } @{ keys_of_jwt() } ], [ 'cred_1' ],
    'm2m_facts: not those that expired';
rows_of("UPDATE tpa_data.client_credentials SET expires_at = now()");
is keys_of_jwt(), undef, 'm2m_facts: no key left';

done_testing;
