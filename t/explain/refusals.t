# Each refusal explains itself: a line in the error log, an audit event, and
# tpactl explain, which names the rule and a change; once that change is made,
# the same request is granted.
use TPA::Test timeout => 240;

my $t = tenant('a');
my $log = main_node->error_log;

my $org = $t->org;
my $other_org = $t->org;

# rule, how to get refused by it, error, and the change as SQL. Each case makes
# its application and says what it asks for: (client, parameters).
my @cases = (
    [ grant_type_enabled => 'unauthorized_client', qr/grant_types/, sub {
        my $m = $t->machine(grant_types => [ 'authorization_code' ]);

        return ($m, {}, sub {
            $t->update('clients', { client_id => $m->{id} },
                grant_types => [qw(authorization_code client_credentials)]);
        });
    } ],
    [ client_confidential => 'unauthorized_client',
      qr/token_endpoint_auth_method/, sub {
        my $m = $t->machine(method => 'none');
        my $secret = seen(TPA::Tenant::text_of(43));

        delete $m->{secret};
        return ($m, {}, sub {
            $t->update('clients', { client_id => $m->{id} },
                token_endpoint_auth_method => 'client_secret_post',
                secret_hash => Digest::SHA::sha256_hex($secret));
            $m->{secret} = $secret;
        });
    } ],
    [ third_party_switch => 'unauthorized_client',
      qr/third_party_client_credentials/, sub {
        $t->settings(third_party_client_credentials => 'f');
        return ($t->machine(party => 'third'), {}, \&TPA::Tenant::undo);
    } ],
    [ third_party_by_hand => 'unauthorized_client', qr/by hand/, sub {
        my $api = $t->api;
        my $m = $t->machine(party => 'third', registered_via => 'dynamic',
                            api => $api);

        return ($m, {}, sub {
            %$m = %{ $t->machine(party => 'third', api => $api) };
        });
    } ],
    [ audience_named => 'invalid_request', qr/default_audience/, sub {
        my $m = $t->machine;

        return ($m, { audience => undef }, sub {
            $t->settings(default_audience => $m->{api}{identifier});
        });
    } ],
    [ api_known => 'invalid_target', qr/identifier/, sub {
        my $m = $t->machine;
        my $id = 'https://new-' . TPA::Tenant::hex_of(8) . '.example/';

        return ($m, { audience => $id }, sub {
            $t->grant(client => $m, api => $t->api(identifier => $id));
        });
    } ],
    [ api_open_to_third_party => 'unauthorized_client', qr/another API/, sub {
        my $m = $t->machine(party => 'third', api => $t->api(is_system => 't'));
        my %params = (audience => $m->{api}{identifier});

        return ($m, \%params, sub {
            my $api = $t->api;

            $t->grant(client => $m, api => $api);
            $params{audience} = $api->{identifier};
        });
    } ],
    [ api_admits_machines => 'unauthorized_client', qr/require_client_grant/,
      sub {
        my $m = $t->machine(api => $t->api(client_policy => 'deny_all'));

        return ($m, {}, sub {
            $t->update('resource_servers', { id => $m->{api}{id} },
                       client_policy => 'require_client_grant');
        });
    } ],
    [ proof_taken => 'invalid_request', qr/proof_of_possession/, sub {
        my $m = $t->machine(require_proof_of_possession => 't');

        return ($m, {}, sub {
            $t->update('clients', { client_id => $m->{id} },
                       require_proof_of_possession => 'f');
        });
    } ],
    [ proof_sent => 'invalid_request', qr/send a DPoP proof/, sub {
        my $m = $t->machine(api => $t->api(pop_mechanism => 'dpop',
            pop_required => 't', pop_required_for => 'all_clients'));

        return ($m, {}, sub {
            $t->update('resource_servers', { id => $m->{api}{id} },
                       pop_required => 'f');
        });
    } ],
    [ client_grant_exists => 'unauthorized_client', qr/create a client grant/,
      sub {
        my $m = $t->client;
        my $api = $t->api;

        return ($m, { audience => $api->{identifier} }, sub {
            $t->grant(client => $m, api => $api);
        });
    } ],
    [ scopes_granted => 'invalid_scope', qr/write:things/, sub {
        my $m = $t->machine(grant => { scope => [ 'read:things' ] });

        return ($m, { scope => 'read:things write:things' }, sub {
            $t->update('client_grants', { id => $m->{grant}{id} },
                       scope => [qw(read:things write:things)]);
        });
    } ],
    [ details_granted => 'invalid_authorization_details', qr/leave/, sub {
        my %params = (authorization_details => '[{"type":"payment"}]');

        return ($t->machine, \%params, sub { %params = () });
    } ],
    [ organization_usable => 'access_denied', qr/organization_usage/, sub {
        my $m = $t->machine;

        $t->org_grant($org, $m->{grant});
        return ($m, { organization => $org->{id} }, sub {
            $t->update('client_grants', { id => $m->{grant}{id} },
                       organization_usage => 'allow');
        });
    } ],
    [ organization_present => 'access_denied', qr/default_organization/, sub {
        my $m = $t->machine(grant => { organization_usage => 'require' });

        $t->org_grant($org, $m->{grant});
        return ($m, {}, sub {
            $t->update('clients', { client_id => $m->{id} },
                default_organization_id => $org->{id},
                default_organization_flows => [ 'client_credentials' ]);
        });
    } ],
    [ organization_form => 'invalid_request',
      qr/allow_organization_name_in_authentication_api/, sub {
        my $m = $t->machine(grant => { organization_usage => 'allow' });

        $t->org_grant($org, $m->{grant});
        return ($m, { organization => $org->{name} }, sub {
            $t->settings(allow_organization_name_in_authentication_api => 't');
        });
    } ],
    [ organization_known => 'access_denied', qr/exists/, sub {
        my $m = $t->machine(grant => { organization_usage => 'allow' });
        my $id = 'org_' . TPA::Tenant::text_of(16);

        return ($m, { organization => $id }, sub {
            $t->org_grant($t->org(id => $id), $m->{grant});
        });
    } ],
    [ organization_granted => 'access_denied', qr/add client grant/, sub {
        my $m = $t->machine(grant => { organization_usage => 'allow' });

        $t->org_grant($org, $m->{grant});
        return ($m, { organization => $other_org->{id} }, sub {
            $t->org_grant($other_org, $m->{grant});
        });
    } ],
);

# One change turns a refusal around, except where what is missing must be made
# and granted as well.
my %changes = (audience_named => 3, api_known => 2, proof_taken => 2,
               organization_present => 2,
               organization_known => 2);
my %covered;
my @rules;

for (@cases) {
    my ($rule, $error, $hint, $make) = @$_;
    my ($m, $params, $change) = $make->();
    my $api = exists $params->{audience} ? $params->{audience}
                                         : $m->{api}{identifier};
    my $log = main_node->error_log;
    my $answer = $t->token($m, %$params);

    is_error($answer, 400, $error, "$rule: refused");
    $covered{$rule} = 1;

    # The line in the error log.
    my $line = $log->wait_for(qr/TPA0005: /) // '';
    my ($ref) = $line =~ /\bref=(ref_\w+)/;

    ok($ref, "$rule: the log has a reference") or do {
        diag($line);
        next;
    };
    is(scalar(() = $log->lines(qr/\Q$m->{id}\E/)), 1,
       "$rule: one line in the log");
    like($line, qr/tpa_orgs:info/, "$rule: of level info");
    like($line, qr/\bclient=\Q$m->{id}\E /, "$rule: names the client");
    like($line, qr/\bapi=\Q@{[ $api \/\/ '-' ]}\E /, "$rule: names the API")
        unless $rule eq 'audience_named';
    like($line, qr/\borganization=\Q@{[ $params->{organization} \/\/ '-' ]}\E /,
         "$rule: names the Organization") unless $rule eq 'organization_form';
    like($line, qr/\berror=$error rule=$rule reason="[^"]{10,}"/,
         "$rule: says why");

    # The caller learns none of it.
    unlike($answer->body, qr/\Q$ref\E|\Q$rule\E|cgr_/,
           "$rule: the caller is not told the reference or the rule");

    # The audit event.
    my $event = $t->event(ref => $ref);

    ok($event, "$rule: the event is stored") or next;
    is_deeply([ @$event{qw(type client_id rule)} ],
              [ 'feccft', $m->{id}, $rule ], "$rule: type, client, rule");
    is($event->{description}, $answer->json->{error_description},
       "$rule: the event says what the caller was told");
    is($event->{hostname}, 'a.example.test', "$rule: host");
    is($event->{ip}, '127.0.0.1', "$rule: address");
    is($event->{organization_id}, $params->{organization},
       "$rule: the Organization") if $params->{organization}
           && $rule !~ /usable|form/;

    # The explanation.
    my ($rc, $out, $err) = tpactl('explain', $ref, '--json');

    is($rc, 0, "$rule: tpactl explain") or diag($err);
    my $story = eval { JSON::PP::decode_json($out) } || {};
    my @steps = @{ $story->{rules} || [] };
    my ($refused) = grep { $_->{result} eq 'refused' } @steps;

    @rules = map { $_->{rule} } @steps;
    is($refused && $refused->{rule}, $rule, "$rule: it names the rule");
    my $at = 0;
    $at++ while $at < @rules && $rules[$at] ne $rule;
    is_deeply([ map { $_->{result} } @steps ],
              [ ('passed') x $at, 'refused',
                ('not_reached') x ($#steps - $at) ],
              "$rule: the rules before it passed, those behind were not reached");
    ok(!(grep { !length($_->{asks} // '') } @steps),
       "$rule: each says what it asks");
    ok(!(grep { $_->{result} ne 'not_reached' && !length($_->{saw} // '') }
         @steps), "$rule: and what it saw");
    unlike($out, qr/[{}]\w+[}]/, "$rule: no placeholder is left");
    is(scalar @{ $story->{changes} || [] }, $changes{$rule} || 1,
       "$rule: the changes that are needed, and no more")
        or diag(explain($story->{changes}));
    like($story->{changes}[0] // '', $hint, "$rule: the change");

    ($rc, $out) = tpactl('explain', $ref);
    is($rc, 0, "$rule: for people");
    like($out, qr/REFUSED\s+$rule\b/, "$rule: the rule");
    like($out, qr/To turn it around: /, "$rule: and the way out");
    unlike($out, qr/[^\n\x20-\x7e\x80-\xff]/, "$rule: nothing odd is printed");

    # Do what it says.
    $change->();
    my $second = $t->token($m, %$params);

    is($second->code, 200, "$rule: after the change it is granted")
        or diag($second->body);
    TPA::Tenant::undo();
}

is_deeply([ sort keys %covered ], [ sort @rules ],
          'every rule there is has refused something here')
    or diag("rules: @rules");

# ---- refusals before any rule ------------------------------------------------------------

my $m = $t->machine;

for (
    [ 'a wrong secret', 'client_authentication', 'invalid_client',
      sub { $t->token({ %$m, secret => 'x' x 43 }) }, $m->{id},
      qr/detail="[^"]*secret/ ],
    [ 'an unknown client', 'client_authentication', 'invalid_client',
      sub { $t->token({ %$m, id => 'nobody-at-all' }) }, 'nobody-at-all',
      qr/detail="[^"]*no such client/ ],
    [ 'the wrong method', 'client_authentication', 'invalid_client',
      sub { $t->token({ %$m, method => 'client_secret_basic' }) }, $m->{id},
      qr/detail="[^"]*client_secret_post/ ],
    [ 'a repeated parameter', 'parameters', 'invalid_request',
      sub { $t->http->request('POST', '/oauth/token',
        headers => [ 'Content-Type' => 'application/x-www-form-urlencoded' ],
        body => 'scope=a&scope=b') }, '-', qr/reason="[^"]*scope/ ],
    [ 'an unknown grant type', 'grant_type', 'unsupported_grant_type',
      sub { $t->http->request('POST', '/oauth/token',
        headers => [ 'Content-Type' => 'application/x-www-form-urlencoded' ],
        body => 'grant_type=x') }, '-', qr/reason=/ ],
    [ 'a wrong media type', 'media_type', 'invalid_request',
      sub { $t->http->request('POST', '/oauth/token', body => 'x',
        headers => [ 'Content-Type' => 'text/plain' ]) }, '-', qr/reason=/ ],
) {
    my ($name, $rule, $error, $ask, $client, $match) = @$_;
    my $log = main_node->error_log;
    my $answer = $ask->();
    my $line = $log->wait_for(qr/TPA0005: /) // '';
    my ($ref) = $line =~ /\bref=(ref_\w+)/;

    is($answer->error, $error, "$name: refused");
    like($line, qr/\bclient=\Q$client\E .*\berror=$error rule=$rule /,
         "$name: the line");
    like($line, $match, "$name: says why");
    my $event = $ref && $t->event(ref => $ref);

    ok($event, "$name: an event") or next;
    is($event->{type}, 'feccft', "$name: its type");
    my ($rc, $out) = tpactl('explain', $ref);

    is($rc, 0, "$name: tpactl explain");
    like($out, qr/\Q$rule\E/, "$name: names what refused");
}
is((tpactl(qw(explain ref_doesnotexist)))[0], 4, 'an unknown reference');
my ($rc, $out) = tpactl(qw(explain --latest --json --client), $m->{id});
is($rc, 0, 'the latest of a client');
is(JSON::PP::decode_json($out)->{client_id}, $m->{id}, 'is of that client');

# ---- a success ----------------------------------------------------------------------------------

my $machine = $t->machine(grant => { organization_usage => 'allow' },
                          name => "Odd \x{e4} \"name\" \\ '");
$t->org_grant($org, $machine->{grant});
my $http = $t->http;
my $answer = $http->request('POST', '/oauth/token',
    headers => [ 'Content-Type' => 'application/x-www-form-urlencoded',
                 'User-Agent' => "test/1.0 (odd \"agent\" \\ \t)" ],
    body => form(grant_type => 'client_credentials',
                 client_id => $machine->{id},
                 client_secret => $machine->{secret},
                 audience => $machine->{api}{identifier},
                 organization => $org->{id}, scope => 'read:things'));
seen($answer->json->{access_token});
is($answer->code, 200, 'a token');
my $event = $t->event(client_id => $machine->{id}, type => 'seccft');

ok($event, 'its event') or BAIL_OUT('no audit events');
for (
    [ client_name => "Odd \x{e4} \"name\" \\ '" ],
    [ audience => $machine->{api}{identifier} ],
    [ scope => 'read:things' ],
    [ organization_id => $org->{id} ],
    [ organization_name => $org->{name} ],
    [ ip => '127.0.0.1' ],
    [ hostname => 'a.example.test' ],
    [ ref => undef ],
    [ rule => undef ],
    [ user_id => undef ],
) {
    my ($field, $value) = @$_;

    $value =~ s/\\/\\x5c/g if $field eq 'client_name';
    is($event->{$field}, $value, "the event of a token: $field");
}
like($event->{user_agent}, qr{^test/1\.0}, 'the event of a token: user_agent');
like($event->{date}, qr/^\d{4}-\d\d-\d\dT/, 'the event of a token: date');
like($event->{log_id}, qr/^[0-9A-Za-z]{20,}$/, 'the event of a token: log_id');

# Ids of events sort by time.
$t->token($machine) for 1 .. 5;
within(3, sub { $t->events(client_id => $machine->{id}) >= 6 });
my @events = reverse $t->events(client_id => $machine->{id});
is_deeply([ map { $_->{log_id} } @events ],
          [ map { $_->{log_id} }
            sort { $a->{date} cmp $b->{date} } @events ],
          'ids of events sort by time');
is(scalar @events, 6, 'an event for each token');

done_testing();
