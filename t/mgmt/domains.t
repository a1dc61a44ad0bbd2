# Discovery domains of Organizations.
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Orgs;

my $m = mgmt('a');
my $t = $m->tenant;
my $TRUE = JSON::PP::true();
my $FALSE = JSON::PP::false();
my $mark = TPA::Tenant::hex_of(8);
my $org = org_of($m);
my $other = org_of($m);
my $path = "organizations/$org->{id}/discovery-domains";
my $gone = 'Discovery domain not found';

# ---- life ------------------------------------------------------------------------
my $domain = is_done($m->call('POST', $path, body => {
    domain => "One.$mark.Example.COM" }), 201, 'added');
my $one = "$path/$domain->{id}";

id_like($domain->{id}, qr/^ord_[0-9A-Za-z]{22}$/, 'its id');
id_like($domain->{verification_txt}, qr/^[0-9a-f]{32}$/, 'its proof');
is_deeply($domain, {
    id => $domain->{id}, domain => "one.$mark.example.com",
    status => 'pending', use_for_organization_discovery => $TRUE,
    verification_txt => $domain->{verification_txt},
    verification_host =>
        "_ss-verification.$org->{id}.one.$mark.example.com" },
    'what is answered, in lower case');
is_done($m->call('GET', $one), 200, 'got', $domain);
is_done($m->call('GET', "$path/name/one.$mark.example.com"), 200,
        'got by name', $domain);
is_done($m->call('GET', "$path/name/ONE.$mark.example.com"), 200,
        'in any case', $domain);
keeps_what_it_gave($m, $one);
is_done($m->call('PATCH', $one, body => { status => 'verified' }), 200,
        'verified', { %$domain, status => 'verified' });
is_done($m->call('PATCH', $one, body => {
        use_for_organization_discovery => $FALSE }), 200, 'not used',
        { %$domain, status => 'verified',
          use_for_organization_discovery => $FALSE });
is($t->db->value('SELECT result FROM tpa.organization_domain_update(?)', {
    organization_id => $org->{id}, id => $domain->{id}, version => '0',
    patch => { status => 'pending' } }), 'changed',
   'a change of what is no longer so');
my $verified = is_done($m->call('POST', $path, body => {
    domain => "two.$mark.example.com", status => 'verified',
    use_for_organization_discovery => $FALSE }), 201, 'verified from the start');
is("$verified->{status} $verified->{use_for_organization_discovery}",
   "verified $FALSE", 'and not used');
is_done($m->call('POST', "organizations/$other->{id}/discovery-domains",
                 body => { domain => "one.$mark.example.com" }), 201,
        'the same domain at another Organization');

# ---- refusals -------------------------------------------------------------------------
my $doc = ' on property domain (Domain of e-mail addresses).';

refuse($m,
    [ 'POST', $path, {}, 400, 'invalid_body',
      "${bad}'Missing required property: domain'." ],
    (map { [ 'POST', $path, { domain => $_->[0] }, 400, 'invalid_body',
             "${bad}'$_->[1]'$doc" ] }
        [ 'ab', 'String is too short (2 chars), minimum 3' ],
        [ join('.', ('a' x 60) x 5), 'String is too long (304 chars), maximum'
          . ' 255' ],
        [ 'localhost', 'It must hold a dot' ],
        map { [ $_, 'It is no domain name' ] } 'a..b', '.a.b', 'a.b.', '-a.b',
            'a-.b', 'a b.c', 'a_b.c', "caf\x{e9}.com", 'user@a.b', '*.a.b',
            'https://a.b', "a.b\n", ('a' x 64) . '.com'),
    [ 'POST', $path, { domain => 7 }, 400, 'invalid_body',
      "${bad}'Expected type string but found type integer'$doc" ],
    [ 'POST', $path, { domain => "ONE.$mark.example.com" }, 409,
      'organization_domain_conflict',
      'The organization has this domain already.' ],
    [ 'POST', $path, { domain => "x.$mark.com", status => 'done' }, 400,
      'invalid_body', qr/'No enum match for: done' on property status/ ],
    [ 'POST', $path, { domain => "x.$mark.com", id => 'ord_1' }, 400,
      'invalid_body', "${bad}'Additional properties not allowed: id'." ],
    [ 'POST', $path, { domain => "x.$mark.com", verification_txt => 'x' }, 400,
      'invalid_body',
      "${bad}'Additional properties not allowed: verification_txt'." ],
    [ 'PATCH', $one, {}, 400, 'invalid_body',
      "${bad}'Too few properties defined (0), minimum 1'." ],
    [ 'PATCH', $one, { domain => "x.$mark.com" }, 400, 'invalid_body',
      "${bad}'It cannot be changed'$doc" ],
    [ 'PATCH', $one, { verification_txt => 'x' }, 400, 'invalid_body',
      qr/'It cannot be changed' on property verification_txt/ ],
    [ 'PATCH', $one, { status => undef }, 400, 'invalid_body',
      qr/Expected type string but found type null/ ],
    [ 'PATCH', $one, { use_for_organization_discovery => 1 }, 400,
      'invalid_body', qr/Expected type boolean but found type integer/ ],
    # Unknown, and of another Organization.
    (map { my $there = $_;
           map { [ $_->[0], $there, $_->[1], 404, undef, $gone ] }
               [ 'GET' ], [ 'PATCH', { status => 'pending' } ], [ 'DELETE' ] }
        "$path/ord_0000000000000000000000", "$path/x",
        "organizations/$other->{id}/discovery-domains/$domain->{id}"),
    [ 'GET', "$path/name/x.$mark.com", undef, 404, undef, $gone ],
    [ 'GET', "organizations/$other->{id}/discovery-domains/name/two.$mark"
      . '.example.com', undef, 404, undef, $gone ],
    (map { [ $_->[0], 'organizations/org_0000000000000000/discovery-domains'
             . $_->[1], $_->[2], 404, undef, $no_org ] }
        [ 'GET', '' ], [ 'POST', '', { domain => 'a.example.com' } ],
        [ 'GET', '/name/a.example.com' ], [ 'GET', "/$domain->{id}" ],
        [ 'PATCH', "/$domain->{id}", { status => 'pending' } ],
        [ 'DELETE', "/$domain->{id}" ]),
);
guarded($m,
    [ 'GET', $path, 'read:organization_discovery_domains' ],
    [ 'POST', $path, 'create:organization_discovery_domains' ],
    [ 'GET', $one, 'read:organization_discovery_domains' ],
    [ 'GET', "$path/name/a.b", 'read:organization_discovery_domains' ],
    [ 'PATCH', $one, 'update:organization_discovery_domains' ],
    [ 'DELETE', $one, 'delete:organization_discovery_domains' ]);

# ---- lists, and as many as there may be ------------------------------------------------
$m->must('POST', $path, body => { domain => "d$_.$mark.example.com" })
    for 1 .. 3;
my @listed = $m->in_every_style($path, 'domains', 5, checkpoint_only => 1);

is_deeply([ map { $_->{domain} } @listed ],
          [ map { "$_.$mark.example.com" } qw(d1 d2 d3 one two) ], 'by name');
is_done($m->call('GET', $path), 200, 'pages are there without being asked for',
        { domains => \@listed });
is_done($m->call('GET', $path, query => [ from => '~', take => 1 ]), 200,
        'past the end', { domains => [] });
$t->db->rows('INSERT INTO tpa_data.organization_domains (id, organization_id,'
    . ' domain, verification_txt, verification_host)'
    . " SELECT 'ord_' || substr(md5(n::text || ?), 1, 22), ?,"
    . " 'm' || n || '.example.com', md5('x'), 'x'"
    . ' FROM generate_series(1, 95) n', $mark, $org->{id});
refuse($m, [ 'POST', $path, { domain => "x.$mark.com" }, 409,
             'organization_domain_limit',
             'The organization has as many domains as it may have.' ]);

# ---- the end --------------------------------------------------------------------------
is_done($m->call('DELETE', $one), 204, 'removed', undef);
refuse($m, map { [ $_, $one, undef, 404, undef, $gone ] } 'GET', 'DELETE');
is_done($m->call('POST', $path, body => { domain => "one.$mark.example.com" }),
        201, 'and added anew');
is_deeply([ events_of($m, $domain->{id}) ], [
    ('Update a discovery domain of an Organization') x 3,
    'Remove a discovery domain from an Organization' ], 'the log');

done_testing;
