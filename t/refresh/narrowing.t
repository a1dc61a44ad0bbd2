# scope at a refresh may ask for less, for this access token only.
use TPA::Test;
use TPA::User;

my $t = tenant('a');
my $s = stage($t, app => { refresh_rotation_type => 'rotating',
    api => $t->api(scopes => [qw(a b c d)], allow_offline_access => 't') });
my $token = family_of($s, scope => [qw(a b c offline_access)])->{token};

for (
    # scope sent                the answer's scope
    [ undef,                     'a b c offline_access' ],
    [ 'a',                       'a' ],
    [ undef,                     'a b c offline_access' ],
    [ 'c a',                     'a c' ],
    [ 'b b b',                   'b' ],
    [ '',                        'a b c offline_access' ],
    [ 'offline_access a',        'a offline_access' ],
    [ 'a b c offline_access',    'a b c offline_access' ],
    [ 'openid profile a',        'a' ],
    [ 'openid profile',          '' ],
    [ 'd',                       undef ],
    [ 'a d',                     undef ],
    [ 'A',                       undef ],
    [ 'no:such',                 undef ],
    [ "a\tb",                    undef ],
    [ '"a"',                     undef ],
    [ undef,                     'a b c offline_access' ],
) {
    my ($sent, $scope) = @$_;
    my $name = 'scope ' . ($sent // '(not sent)') =~ s/\t/\\t/r;
    my $answer = refresh($s, $token, scope => $sent);

    if (!defined $scope) {
        is_error($answer, 400, 'invalid_scope', $name);
        next;
    }
    my $json = tokens_of($answer);

    same_set([ split / /, $json->{scope} // '' ], [ split / /, $scope ], $name);
    same_set([ split / /,
               (TPA::JWT::decode($json->{access_token}))[1]{scope} // '' ],
             [ split / /, $scope ], "$name: so says the token");
    $token = $json->{refresh_token};
}
is($t->db->value('SELECT array_to_string(scope, \' \')'
    . ' FROM tpa_data.refresh_families WHERE client_id = ?', $s->{app}{id}),
   'a b c offline_access', 'the family keeps what was granted');

# ---- which API --------------------------------------------------------------------------

my $api = $s->{app}{api}{identifier};

for my $name (qw(audience resource)) {
    for my $other ('https://other.example/', "${api}x", substr($api, 0, -1),
                   uc $api) {
        is_error(refresh($s, $token, $name => $other), 400, 'invalid_target',
                 "$name $other");
    }
    my $json = tokens_of(refresh($s, $token, $name => $api));

    ok($json->{access_token}, "$name that names the API");
    $token = $json->{refresh_token};
}

done_testing();
