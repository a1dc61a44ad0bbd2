# Invitations to Organizations.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Orgs;

my $m = mgmt('a');
my $t = $m->tenant;
my $FALSE = JSON::PP::false();
my $org = org_of($m);
my $path = "organizations/$org->{id}/invitations";
my $connection = connection_row($t);
my @roles = map { role_row($t) } 1 .. 2;
my $uri = '{"initiate_login_uri": "https://app.example.com/login"}';
my %takes = (properties => $uri, organization_usage => 'allow');
my $app = $t->client(%takes);
my $gone = 'The invitation does not exist';

sub invitation {
    my (%members) = @_;

    return { inviter => { name => "Ren\x{e9}e" },
             invitee => { email => 'new.user+x@example.com' },
             client_id => $app->{id}, send_invitation_email => $FALSE,
             %members };
}

# ---- life ------------------------------------------------------------------------
my $made = is_done($m->call('POST', $path, body => invitation(
    connection_id => $connection->{id}, roles => [ map { $_->{id} } @roles ],
    app_metadata => { plan => { level => 1 } }, user_metadata => { a => 'b' },
    ttl_sec => 3600)), 200, 'created');
my $one = "$path/$made->{id}";
my $ticket = seen($made->{ticket_id});

id_like($made->{id}, qr/^uinv_[0-9A-Za-z]{16}$/, 'its id');
id_like($ticket, qr/^[0-9A-Za-z_-]{43}$/, 'its ticket');
id_like($made->{$_}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, $_)
    for qw(created_at expires_at);
is_deeply($made, {
    id => $made->{id}, organization_id => $org->{id},
    inviter => { name => "Ren\x{e9}e" },
    invitee => { email => 'new.user+x@example.com' },
    client_id => $app->{id}, connection_id => $connection->{id},
    roles => [ sort map { $_->{id} } @roles ],
    app_metadata => { plan => { level => 1 } }, user_metadata => { a => 'b' },
    created_at => $made->{created_at}, expires_at => $made->{expires_at},
    ticket_id => $ticket,
    invitation_url => "https://app.example.com/login?invitation=$ticket"
        . "&organization=$org->{id}&organization_name=$org->{name}" },
    'what is answered');
my %kept = %$made;

delete @kept{qw(ticket_id invitation_url)};
is_done($m->call('GET', $one), 200, 'the ticket is shown once only', \%kept);
is_done($m->call('GET', $one, query => [ fields => 'id,invitee' ]), 200,
        'some fields', { id => $made->{id}, invitee => $made->{invitee} });
is($t->db->value('SELECT expires_at = created_at + interval \'1 hour\' FROM'
                 . ' tpa_data.invitations WHERE id = ?', $made->{id}), 't',
   'good for an hour');
is($t->db->value('SELECT ticket_hash FROM tpa_data.invitations WHERE id = ?',
                 $made->{id}), Digest::SHA::sha256_hex($ticket),
   'only its hash is kept');
for my $ttl (undef, 0) {
    my $least = is_done($m->call('POST', $path, body => invitation(
        defined $ttl ? (ttl_sec => $ttl) : ())), 200, 'the least there is');

    is($t->db->value('SELECT expires_at = created_at + interval \'7 days\' FROM'
                     . ' tpa_data.invitations WHERE id = ?', $least->{id}), 't',
       'good for a week');
    ok(!exists $least->{$_}, "no $_")
        for qw(roles connection_id app_metadata user_metadata);
    $m->must('DELETE', "$path/$least->{id}");
}
my $other_app = $t->client(%takes, properties =>
    '{"initiate_login_uri": "https://app.example.com/?a=b"}');
id_like($m->must('POST', $path, body => invitation(
            client_id => $other_app->{id}))->{invitation_url},
        qr{^https://app\.example\.com/\?a=b&invitation=}, 'a link with a query');

# ---- refusals -------------------------------------------------------------------------
my $no_mail = "${bad}'This server has no command that sends mail: send false,"
    . " and hand invitation_url over yourself' on property"
    . ' send_invitation_email.';
my %without = %{ invitation() };

delete $without{send_invitation_email};
refuse($m,
    [ 'POST', $path, invitation(send_invitation_email => JSON::PP::true()),
      400, 'invalid_body', $no_mail ],
    [ 'POST', $path, \%without, 400, 'invalid_body', $no_mail ],
    (map { my %lacks = %{ invitation() };

           delete $lacks{$_};
           [ 'POST', $path, \%lacks, 400, 'invalid_body',
             "${bad}'Missing required property: $_'." ] }
        qw(inviter invitee client_id)),
    (map { [ 'POST', $path, invitation(@$_[0, 1]), 400, 'invalid_body', $_->[2]
           ] } (
        [ inviter => {}, qr/Missing required property: name' on property inv/ ],
        [ inviter => { name => '' }, qr/String is too short/ ],
        [ inviter => { name => 'x' x 301 },
          qr/String is too long \(301 chars\), maximum 300/ ],
        (map { [ invitee => { email => $_ },
                 qr/'It is no e-mail address' on property invitee.email/ ] }
            'nobody', '@example.com', 'ab@', 'a@b', 'a b@example.com',
            'a@b@example.com', "a\@example.com\nBcc: x\@example.com",
            '<a@example.com>', 'a,b@example.com'),
        [ ttl_sec => -1, qr/Value -1 is less than minimum 0/ ],
        [ ttl_sec => 2592001, qr/Value 2592001 is greater than maximum/ ],
        [ roles => 'x', qr/Expected type array/ ],
        [ app_metadata => [], qr/Expected type object but found type array/ ],
        [ user_metadata => 'x', qr/Expected type object but found type str/ ],
        [ colour => 'red', qr/Additional properties not allowed: colour/ ],
        [ client_id => 'nobody', 'The specified client_id does not exist.' ],
        [ client_id => $t->client(%takes, party => 'third')->{id},
          'The specified client_id is of a third-party application, which takes'
          . ' no invitations.' ],
        (map { [ client_id => $t->client(%takes, organization_usage => $_)
                 ->{id},
                 'The specified client_id does not allow organizations.' ] }
            'deny', undef),
        [ client_id => $t->client(organization_usage => 'require')->{id},
          'A default login route is required to make the invitation_url: set'
          . ' initiate_login_uri of the application.' ],
        [ connection_id => 'con_0000000000000000',
          'The specified connection_id does not exist.' ],
        [ connection_id => 'x', 'The specified connection_id does not exist.' ],
        (map { [ connection_id => connection_row($t, strategy => $_)->{id},
                 'Passwordless connections are not supported for invitations.'
               ] } 'email', 'sms'),
        [ roles => [ $roles[0]{id}, 'rol_nothing' ],
          'One or more of the specified roles do not exist.' ],
    )),
    (map { [ $_->[0], "$path/$_->[1]", undef, 404, undef, $gone ] }
        map { my $id = $_; map { [ $_, $id ] } 'GET', 'DELETE' }
            'uinv_0000000000000000', 'x'),
    (map { [ $_, 'organizations/' . org_of($m)->{id} . '/invitations/'
             . $made->{id}, undef, 404, undef, $gone ] } 'GET', 'DELETE'),
    (map { [ $_->[0], "organizations/org_0000000000000000/invitations$_->[1]",
             $_->[2], 404, undef, $no_org ] }
        [ 'GET', '' ], [ 'POST', '', invitation() ],
        [ 'GET', "/$made->{id}" ], [ 'DELETE', "/$made->{id}" ]),
    [ 'PATCH', $one, {}, 405, 'method_not_allowed', qr/^This path answers/ ],
    [ 'GET', "$path?sort=email:1", undef, 400, 'invalid_query_string',
      qr/No enum match for: email:1/ ],
);
guarded($m,
    [ 'GET', $path, 'read:organization_invitations' ],
    [ 'POST', $path, 'create:organization_invitations' ],
    [ 'GET', $one, 'read:organization_invitations' ],
    [ 'DELETE', $one, 'delete:organization_invitations' ]);

# ---- lists ----------------------------------------------------------------------------
my $list_org = org_of($m);
my $list = "organizations/$list_org->{id}/invitations";
my @ids = map { $m->must('POST', $list, body => invitation())->{id} } 1 .. 5;

for ([ 'created_at:1', @ids ], [ 'created_at:-1', reverse @ids ]) {
    my ($sort, @order) = @$_;

    is_deeply([ map { $_->{id} } $m->in_every_style($list, 'invitations', 5,
                    query => [ sort => $sort ]) ], \@order, "sorted by $sort");
}
is_deeply([ map { $_->{id} } @{ $m->must('GET', $list) } ], [ reverse @ids ],
          'newest first, unless told');
is_done($m->call('GET', $list, query => [ fields => 'id', per_page => 1 ]), 200,
        'some fields', [ { id => $ids[-1] } ]);
ok(!(grep { exists $_->{ticket_id} || exists $_->{invitation_url} }
     @{ $m->must('GET', $list) }), 'no tickets');
$t->update('invitations', { id => $ids[0] }, used_at => 'now');
is(scalar @{ $m->must('GET', $list) }, 4, 'one that was accepted is gone');
refuse($m, map { [ $_, "$list/$ids[0]", undef, 404, undef, $gone ] }
    'GET', 'DELETE');

# ---- the end --------------------------------------------------------------------------
is_done($m->call('DELETE', $one), 204, 'deleted', undef);
refuse($m, map { [ $_, $one, undef, 404, undef, $gone ] } 'GET', 'DELETE');
$m->must('DELETE', "clients/$other_app->{id}");
is_done($m->call('GET', $path), 200, 'it goes with the application', []);
is_deeply([ events_of($m, $made->{id}) ],
          [ 'Delete an invitation to an Organization' ], 'the log');

done_testing;
