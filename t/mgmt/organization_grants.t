# Client grants of Organizations.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Orgs;

my $m = mgmt('a');
my $t = $m->tenant;
my $TRUE = JSON::PP::true();
my $FALSE = JSON::PP::false();
my $api = $t->api;
my $org = org_of($m);
my $path = "organizations/$org->{id}/client-grants";
my @machines = map { $t->machine(api => $api, party => $_ % 2 ? 'first'
    : 'third', grant => { organization_usage => $_ % 2 ? 'allow' : 'require' })
} 1 .. 5;

sub expected {
    my ($machine, %members) = @_;
    my $grant = $machine->{grant};

    return {
        id => $grant->{id}, grant_id => $grant->{id},
        client_id => $machine->{id}, audience => $machine->{api}{identifier},
        scope => $grant->{scope}, subject_type => 'client',
        organization_usage => $grant->{organization_usage},
        allow_any_organization => $FALSE, %members };
}

# ---- life ------------------------------------------------------------------------
is($t->token($machines[1], organization => $org->{id})->code, 400,
   'no token before');
is_done($m->call('GET', $path), 200, 'none at first', []);
is_done($m->call('POST', $path, body => { grant_id =>
        $machines[$_]{grant}{id} }), 201, "added: $_", expected($machines[$_]))
    for 0 .. 4;
is($t->token($machines[1], organization => $org->{id})->code, 200,
   'a token after');
my @listed = $m->in_every_style($path, 'client_grants', 5);

is_deeply(\@listed, [ sort { $a->{id} cmp $b->{id} }
                      map { expected($_) } @machines ], 'the list');

# ---- filters -----------------------------------------------------------------------
my $elsewhere = $t->machine(api => $t->api, grant => {
    organization_usage => 'allow', allow_any_organization => 't',
    allow_all_scopes => 't' });

is_done($m->call('POST', $path, body => { grant_id =>
        $elsewhere->{grant}{id} }), 201,
        'one that is good for any is taken all the same',
        expected($elsewhere, scope => [], allow_all_scopes => $TRUE,
                 allow_any_organization => $TRUE));
my @filters = (
    # query, which
    [ [ client_id => $machines[2]{id} ], $machines[2] ],
    [ [ client_id => 'nobody' ] ],
    [ [ audience => $elsewhere->{api}{identifier} ], $elsewhere ],
    [ [ audience => 'https://nothing.example.com/' ] ],
    [ [ audience => $api->{identifier}, client_id => $elsewhere->{id} ] ],
    [ [ grant_ids => $machines[0]{grant}{id} ], $machines[0] ],
    [ [ grant_ids => "$machines[0]{grant}{id},$machines[3]{grant}{id}" ],
      @machines[0, 3] ],
    [ [ grant_ids => $machines[0]{grant}{id},
        grant_ids => $machines[3]{grant}{id} ], @machines[0, 3] ],
    [ [ grant_ids => 'cgr_0000000000000000' ] ],
);

for (@filters) {
    my ($query, @which) = @$_;

    is_deeply([ map { $_->{client_id} } @{ $m->must('GET', $path,
                    query => $query) } ],
              [ map { $_->{id} } sort { $a->{grant}{id} cmp $b->{grant}{id} }
                @which ], "filter @$query");
}

# ---- refusals -------------------------------------------------------------------------
my $usage = "${bad}'The client grant is not for organizations: its"
    . " organization_usage is neither allow nor require' on property grant_id.";
my $default = $t->grant(api => $t->api);

refuse($m,
    [ 'POST', $path, {}, 400, 'invalid_body',
      "${bad}'Missing required property: grant_id'." ],
    [ 'POST', $path, { grant_id => 7 }, 400, 'invalid_body',
      "${bad}'Expected type string but found type integer' on property grant_id"
      . ' (Id of a client grant).' ],
    [ 'POST', $path, { grant_id => '' }, 400, 'invalid_body',
      qr/String is too short/ ],
    [ 'POST', $path, { grant_id => $machines[0]{grant}{id}, scope => [] }, 400,
      'invalid_body', "${bad}'Additional properties not allowed: scope'." ],
    [ 'POST', $path, { grant_id => $machines[0]{grant}{id} }, 409,
      'organization_client_grant_conflict',
      'The client grant is already one of this organization.' ],
    (map { [ 'POST', $path, { grant_id => $_ }, 404, undef,
             'The client grant does not exist.' ] }
        'cgr_0000000000000000', 'x', $default->{id}),
    [ 'POST', $path, { grant_id => $t->machine->{grant}{id} }, 400,
      'invalid_body', $usage ],
    [ 'POST', $path, { grant_id => $t->machine(grant => {
          organization_usage => 'deny' })->{grant}{id} }, 400, 'invalid_body',
      $usage ],
    (map { [ $_->[0], "organizations/org_0000000000000000/client-grants$_->[1]",
             $_->[2], 404, undef, $no_org ] }
        [ 'GET', '' ], [ 'POST', '', { grant_id => $machines[0]{grant}{id} } ],
        [ 'DELETE', "/$machines[0]{grant}{id}" ]),
    [ 'GET', "$path/$machines[0]{grant}{id}", undef, 405, 'method_not_allowed',
      qr/^This path answers to DELETE/ ],
    [ 'GET', "$path?per_page=x", undef, 400, 'invalid_query_string',
      qr/Expected type integer/ ],
);
guarded($m,
    [ 'GET', $path, 'read:organization_client_grants' ],
    [ 'POST', $path, 'create:organization_client_grants' ],
    [ 'DELETE', "$path/$machines[0]{grant}{id}",
      'delete:organization_client_grants' ]);

# ---- as many as there may be, in another -------------------------------------------
my $full = org_of($m);

my @many = map { $t->machine(grant => { organization_usage => 'allow' }) }
    1 .. 3;
my $at_most = sub {
    return $t->db->value(
        'SELECT result FROM tpa.organization_client_grant_create(?)',
        { organization_id => $full->{id}, grant_id => $_[0]{grant}{id},
          most => 2 });
};
is(join(' ', map { $at_most->($_) } @many), 'created created limit',
   'the bound');

# ---- the end --------------------------------------------------------------------------
my $one = "$path/$machines[1]{grant}{id}";

is_done($m->call('DELETE', $one), 204, 'removed', undef);
is_done($m->call('DELETE', $one), 204, 'it was gone: nothing to do', undef);
is_done($m->call('DELETE', "$path/cgr_0000000000000000"), 204,
        'as one that never was', undef);
is($t->token($machines[1], organization => $org->{id})->code, 400,
   'the next token request is refused');
$m->must('DELETE', "client-grants/$machines[0]{grant}{id}");
$m->must('DELETE', "clients/$machines[2]{id}");
is_deeply([ map { $_->{id} } @{ $m->must('GET', $path) } ],
          [ sort map { $_->{grant}{id} } @machines[3, 4], $elsewhere ],
          'it goes with the grant, and with the application');
is_deeply([ events_of($m, $path) ], [
    ('Add a client grant to an Organization') x 6,
    'Remove a client grant from an Organization' ], 'the log');

done_testing;
