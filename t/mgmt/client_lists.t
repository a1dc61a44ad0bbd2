# Lists of applications, and connections of an application.
use TPA::Test timeout => 300;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;

# ---- pages and filters ------------------------------------------------------
# Walk a list by pages; the ids.
sub walk {
    my (@query) = @_;
    my ($page, @ids) = 0;

    while (1) {
        my $got = is_done($m->call('GET', 'clients', query => [ @query,
            per_page => 50, page => $page, include_totals => 'true' ]), 200,
            "page $page of (@query)");

        is($got->{start} . ' ' . $got->{limit} . ' ' . $got->{length},
           50 * $page . ' 50 ' . scalar @{ $got->{clients} },
           'start, limit, length');
        return ($got->{total}, @ids) unless @{ $got->{clients} };
        push @ids, map { $_->{client_id} } @{ $got->{clients} };
        $page++;
    }
}

# The same from key to key.
sub steps {
    my (@query) = @_;
    my ($from, @ids);

    for (1 .. 1000) {
        my $got = is_done($m->call('GET', 'clients', query => [ @query,
            take => 20, defined $from ? (from => $from) : () ]), 200,
            "(@query) from " . ($from // 'the start'));

        push @ids, map { $_->{client_id} } @{ $got->{clients} };
        $from = $got->{next} or return @ids;
    }
    die "no end\n";
}

$m->must('POST', 'clients', body => { name => "List $_", app_type => 'native',
    is_first_party => JSON::PP::false }) for 1 .. 25;
for (
    [ '', [] ],
    [ 'is_global', [ is_global => 'false' ] ],
    [ 'is_first_party', [ is_first_party => 'false' ] ],
    [ 'is_first_party', [ is_first_party => 'true' ] ],
    [ 'app_type', [ app_type => 'native' ] ],
    [ 'app_type', [ app_type => 'native,spa' ] ],
    [ 'app_type', [ is_first_party => 'false', app_type => 'native' ] ],
) {
    my ($name, $query) = @$_;
    my ($total, @ids) = walk(@$query);
    my %filter = @$query;
    my $expected = [ map { $_->[0] } $t->db->rows(
        'SELECT client_id FROM tpa_data.clients WHERE true'
        . (exists $filter{is_first_party} ? ' AND is_first_party = '
           . ($filter{is_first_party}) : '')
        . ($filter{app_type} ? " AND app_type IN ('"
           . ($filter{app_type} =~ s/,/','/r) . "')" : '')) ];

    same_set(\@ids, $expected, "all of (@$query), each once");
    is($total, scalar @ids, 'as many as it says');
    is_deeply([ steps(@$query) ], \@ids, 'the same from key to key');
}
is_done($m->call('GET', 'clients', query => [ is_global => 'true' ]), 200,
        'there are no global ones', []);
is_done($m->call('GET', 'clients', query => [ app_type => 'no_such' ]), 200,
        'nor of an unknown type', []);
is_done($m->call('GET', 'clients', query => [ external_client_id => 'x' ]),
        200, 'nor with an address', []);
is_deeply($m->must('GET', 'clients', query => [ is_first_party => 'false',
    app_type => 'native', fields => 'app_type', per_page => 2 ]),
    [ ({ app_type => 'native' }) x 2 ], 'some fields');
my $rest = $m->must('GET', 'clients', query => [ per_page => 1,
    fields => 'signing_keys,name', include_fields => 'false' ]);
ok(exists $rest->[0]{client_id} && !exists $rest->[0]{name},
   'all but some fields');

# By what client grants say.
my $org = $t->org;
my @granted = map { $t->machine } 1 .. 3;
my $any = $t->machine(grant => { organization_usage => 'allow',
                                 allow_any_organization => 't' });

$t->org_grant($org, $_->{grant}) for @granted;
same_set([ steps(q => "client_grant.organization_id:$org->{id}") ],
         [ map { $_->{id} } @granted ], 'those of an Organization');
is(scalar(grep { $_ eq $any->{id} }
          steps(q => 'client_grant.allow_any_organization:true')), 1,
   'those of each Organization');
same_set([ steps(q => 'client_grant.organization_id:org_none') ], [],
         'an Organization that is not there');
for (
    [ [ page => -1 ], qr/on property page/ ],
    [ [ page => 'x' ], qr/on property page/ ],
    [ [ per_page => 101 ], qr/on property per_page/ ],
    [ [ take => 0 ], qr/on property take/ ],
    [ [ take => 101 ], qr/on property take/ ],
    [ [ include_totals => 'yes' ], qr/on property include_totals/ ],
    [ [ is_first_party => '1' ], qr/on property is_first_party/ ],
    [ [ q => 'client_grant.allow_any_organization:true' ], qr/take/ ],
    [ [ q => 'name:x', take => 5 ], qr/on property q/ ],
    [ [ q => 'client_grant.organization_id:', take => 5 ], qr/on property q/ ],
    [ [ q => 'client_grant.allow_any_organization:false', take => 5 ],
      qr/on property q/ ],
) {
    my ($query, $message) = @$_;

    is_refused($m->call('GET', 'clients', query => $query), 400,
               'invalid_query_string', $message, "refused: @$query");
}

# ---- connections of an application ------------------------------------------
my $app = $t->client->{id};
my @connections = map {
    my $id = 'con_' . TPA::Tenant::text_of(16);

    $t->insert('connections', id => $id, strategy => $_,
               name => 'c-' . TPA::Tenant::hex_of(8));
    $t->insert('client_connections', client_id => $app, connection_id => $id);
    $id;
} qw(auth0 auth0 samlp);

is_deeply([ map { $_->{id} } $m->in_every_style("clients/$app/connections",
    'connections', 3, checkpoint_only => 1) ], [ sort @connections ],
    'connections of an application');
is_deeply([ map { $_->{id} } @{ $m->must('GET', "clients/$app/connections",
    query => [ strategy => 'samlp' ])->{connections} } ], [ $connections[2] ],
    'of one strategy');

done_testing();
