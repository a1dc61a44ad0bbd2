# Applications that an Organization names for its members.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Orgs;

my $m = mgmt('a');
my $t = $m->tenant;
my $TRUE = JSON::PP::true();
my $FALSE = JSON::PP::false();
my $org = org_of($m);
my $path = "organizations/$org->{id}/clients";
my @apps = map { $t->client(party => $_ % 2 ? 'first' : 'third',
                            name => "App $_") } 1 .. 12;
my $gone = 'The organization does not name this application';

sub entry {
    my ($i, $access) = @_;

    return { client_id => $apps[$i]{id}, use_for_member_access => $access };
}

sub expected {
    my ($i, $access) = @_;

    return { %{ entry($i, $access) }, client => {
        name => 'App ' . ($i + 1), grant_types => [ 'client_credentials' ],
        is_first_party => $i % 2 ? $FALSE : $TRUE } };
}

# ---- life ------------------------------------------------------------------------
is_done($m->call('GET', $path), 200, 'none at first', { clients => [] });
is_done($m->call('POST', $path, body => { clients =>
        [ entry(1, $TRUE), entry(0, $FALSE) ] }), 201, 'two in their order',
        [ expected(1, $TRUE), expected(0, $FALSE) ]);
my $one = "$path/$apps[1]{id}";

is_done($m->call('GET', $one), 200, 'got', expected(1, $TRUE));
keeps_what_it_gave($m, $one);
is_done($m->call('PATCH', $one, body => { use_for_member_access => $FALSE }),
        200, 'changed', expected(1, $FALSE));
is($t->db->value('SELECT result FROM tpa.organization_client_update(?)', {
    organization_id => $org->{id}, client_id => $apps[1]{id}, version => '0',
    patch => { use_for_member_access => $TRUE } }), 'changed',
   'a change of what is no longer so');
$m->must('POST', $path, body => { clients => [ map { entry($_, $TRUE) } 2 .. 4
    ] });
my @listed = $m->in_every_style($path, 'clients', 5, checkpoint_only => 1);

is_deeply(\@listed, [ sort { $a->{client_id} cmp $b->{client_id} }
    expected(0, $FALSE), expected(1, $FALSE), map { expected($_, $TRUE) } 2 .. 4
    ], 'the list');

# ---- refusals -------------------------------------------------------------------------
my $expects = "${bad}'Expected an object with this member alone, an array of 1"
    . " to 10 ids of applications' on property clients.";
my $no_client = 'The client does not exist';

refuse($m,
    [ 'POST', $path, {}, 400, 'invalid_body',
      "${bad}'Missing required property: clients'." ],
    [ 'POST', $path, { clients => [] }, 400, 'invalid_body',
      qr/Array is too short \(0\), minimum 1/ ],
    [ 'POST', $path, { clients => [ map { entry($_, $TRUE) } 0 .. 10 ] }, 400,
      'invalid_body', qr/Array is too long \(11\), maximum 10/ ],
    [ 'POST', $path, { clients => [ $apps[5]{id} ] }, 400, 'invalid_body',
      qr/Expected type object but found type string' on property clients\[0\]/
    ],
    [ 'POST', $path, { clients => [ { client_id => $apps[5]{id} } ] }, 400,
      'invalid_body', qr/Missing required property: use_for_member_access/ ],
    [ 'POST', $path, { clients => [ { %{ entry(5, $TRUE) }, name => 'x' } ] },
      400, 'invalid_body', qr/Additional properties not allowed: name/ ],
    [ 'POST', $path, { clients => [ entry(5, $TRUE), entry(5, $FALSE) ] }, 400,
      'invalid_body', "${bad}'The same one is named twice' on property"
      . ' clients[1].' ],
    [ 'POST', $path, { clients => [ entry(5, $TRUE), entry(0, $TRUE) ] }, 409,
      'organization_client_conflict',
      'The organization names one of these applications already.' ],
    [ 'POST', $path, { clients => [ entry(5, $TRUE), {
      client_id => 'nobody', use_for_member_access => $TRUE } ] }, 404,
      'inexistent_client', $no_client ],
    [ 'PATCH', $one, {}, 400, 'invalid_body',
      "${bad}'Too few properties defined (0), minimum 1'." ],
    [ 'PATCH', $one, { use_for_member_access => undef }, 400, 'invalid_body',
      qr/Expected type boolean but found type null/ ],
    [ 'PATCH', $one, { client_id => $apps[0]{id} }, 400, 'invalid_body',
      qr/'It cannot be changed' on property client_id/ ],
    (map { my $id = $_;
           ([ 'GET', "$path/$id", undef, 404, undef, $gone ],
            [ 'PATCH', "$path/$id", { use_for_member_access => $TRUE }, 404,
              undef, $gone ]) } $apps[5]{id}, 'nobody'),
    (map { [ 'DELETE', $path, $_, 400, 'invalid_body', $expects ] }
        undef, {}, [], { clients => [] }, { clients => 'x' },
        { clients => [ map { "$_" } 1 .. 11 ] },
        { clients => [ $apps[0]{id} ], more => 1 }),
    (map { [ 'DELETE', $path, { clients => [ $apps[0]{id}, $_ ] }, 400,
             'invalid_body', "${bad}'Expected an id, or an object with"
             . " client_id' on property clients[1]." ] }
        7, '', {}, { client_id => 7 }, [ $apps[1]{id} ]),
    (map { [ $_->[0], "organizations/org_0000000000000000/clients$_->[1]",
             $_->[2], 404, undef, $no_org ] }
        [ 'GET', '' ], [ 'POST', '', { clients => [ entry(0, $TRUE) ] } ],
        [ 'DELETE', '', { clients => [ $apps[0]{id} ] } ],
        [ 'GET', "/$apps[0]{id}" ]),
);
is(scalar @{ $m->must('GET', $path)->{clients} }, 5, 'nothing of that was done');
guarded($m,
    [ 'GET', $path, 'read:organization_clients' ],
    [ 'POST', $path, 'create:organization_clients' ],
    [ 'DELETE', $path, 'delete:organization_clients' ],
    [ 'GET', $one, 'read:organization_clients' ],
    [ 'PATCH', $one, 'update:organization_clients' ]);

# ---- as many as there may be --------------------------------------------------------
my $full = org_of($m);

$t->db->rows('INSERT INTO tpa_data.clients (client_id, name)'
    . " SELECT ? || n, 'Many' FROM generate_series(1, 99) n",
    my $mark = TPA::Tenant::hex_of(8));
$t->db->rows('INSERT INTO tpa_data.organization_clients (organization_id,'
    . ' client_id, use_for_member_access) SELECT ?, ? || n, true'
    . ' FROM generate_series(1, 99) n', $full->{id}, $mark);
refuse($m, [ 'POST', "organizations/$full->{id}/clients",
    { clients => [ entry(0, $TRUE), entry(1, $TRUE) ] }, 409,
    'organization_client_limit',
    'The organization would name more applications than it may.' ]);
is_done($m->call('POST', "organizations/$full->{id}/clients", body =>
        { clients => [ entry(0, $TRUE) ] }), 201, 'the hundredth');

# ---- the end --------------------------------------------------------------------------
is_done($m->call('DELETE', $path, body => { clients => [ $apps[0]{id} ] }),
        204, 'removed by its id', undef);
is_done($m->call('DELETE', $path, body => { clients => [
        { client_id => $apps[1]{id} }, $apps[2]{id},
        { client_id => $apps[0]{id}, use_for_member_access => $TRUE } ] }),
        204, 'by objects, one of them gone', undef);
is_done($m->call('DELETE', $path, body => { clients => [ 'nobody' ] }), 204,
        'as one that never was', undef);
$m->must('DELETE', "clients/$apps[3]{id}");
is_deeply([ map { $_->{client_id} } @{ $m->must('GET', $path)->{clients} } ],
          [ $apps[4]{id} ], 'and one went with its application');
is_deeply([ events_of($m, $path) ], [
    'Name applications for the members of an Organization',
    ('Update an application an Organization names') x 2,
    'Name applications for the members of an Organization',
    ('Remove applications an Organization names') x 2 ], 'the log');

done_testing;
