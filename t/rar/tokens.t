# authorization_details at the token endpoint: some of what was granted, equal
# member by member, for this access token only.
use TPA::Test;
use TPA::User;

use JSON::PP ();

my $t = tenant('a');
my $api = $t->api(authorization_details => [qw(payment account)],
                  allow_offline_access => 't');
my $s = stage($t, app => { api => $api, refresh_rotation_type => 'rotating',
    grant => { authorization_details_types => [qw(payment account)] } });
my $json = JSON::PP->new->canonical->utf8;
my $pay = { type => 'payment', amount => { value => '12.50',
    currency => 'EUR' }, n => 1000, f => 0.5 };
my $see = { type => 'account', actions => [ 'read', 'list' ] };

sub details { return $json->encode([ @_ ]) }

# As code_issue stores them.
sub stored {
    return $json->encode([ map { { type => $_->{type},
        text => $json->encode($_) } } @_ ]);
}

sub claims { return (TPA::JWT::decode($_[0]->json->{access_token}))[1] }

# [ name, sent, what comes of it: a list, or the text of a refusal ]
my @cases = (
    [ 'nothing sent',       undef, [ $pay, $see ] ],
    [ 'both',               details($pay, $see), [ $pay, $see ] ],
    [ 'one',                details($see), [ $see ] ],
    [ 'the other',          details($pay), [ $pay ] ],
    [ 'one twice',          details($see, $see), [ $see ] ],
    [ 'members in another order, and blanks',
      ' [ {"type":"payment", "f":0.5,"n":1000, "amount":{"value":"12.50",'
      . '"currency":"EUR"}} ] ', [ $pay ] ],
    [ 'less in one',        details({ type => 'payment' }), qr/exceed/ ],
    [ 'more in one',        details({ %$see, x => 1 }), qr/exceed/ ],
    [ 'another amount',     details({ %$pay, n => 1001 }), qr/exceed/ ],
    [ 'a text for a number', details({ %$pay, n => '1000' }), qr/exceed/ ],
    [ 'a list in another order', details({ type => 'account',
      actions => [ 'list', 'read' ] }), qr/exceed/ ],
    [ 'one more',           details($pay, $see, { type => 'account' }),
      qr/exceed/ ],
    [ 'another type',       details({ type => 'nothing' }), qr/exceed/ ],
    [ 'not JSON',           'x', qr/is not JSON/ ],
    [ 'empty',              '[]', qr/one object or more/ ],
    [ 'an object',          $json->encode($see), qr/JSON array/ ],
);

sub is_answer {
    my ($answer, $want, $name) = @_;

    if (ref $want ne 'ARRAY') {
        is_error($answer, 400, 'invalid_authorization_details', $name);
        like($answer->json->{error_description}, $want, "$name: why");
        return;
    }
    is($answer->code, 200, $name) or diag($answer->body);
    is_deeply($answer->json->{authorization_details}, $want,
              "$name: the answer");
    is_deeply(claims($answer)->{authorization_details}, $want,
              "$name: the token");
    return $answer->json->{refresh_token};
}

# ---- the code --------------------------------------------------------------------

for (@cases) {
    my ($name, $sent, $want) = @$_;
    my $code = code_of($s, authorization_details => stored($pay, $see));
    my $token = is_answer(exchange($s, $code, authorization_details => $sent),
                          $want, "exchange: $name");

    is(exchange($s, $code)->code, 200, "exchange: $name: the code stays good")
        if !$token;
    is_answer(refresh($s, $token), [ $pay, $see ],
              "exchange: $name: the family keeps all that was granted")
        if $token;
}

# ---- a refresh ---------------------------------------------------------------------

my $token = family_of($s, authorization_details => stored($pay, $see))->{token};

for (@cases) {
    my ($name, $sent, $want) = @$_;

    $token = is_answer(refresh($s, $token, authorization_details => $sent),
                       $want, "refresh: $name") || $token;
}
is($t->db->value('SELECT count(*) FROM tpa_data.refresh_families WHERE'
    . ' client_id = ? AND revoked_at IS NOT NULL', $s->{app}{id}), 0,
    'no refusal ended a family');

# ---- where none were granted ---------------------------------------------------------

my $bare = family_of($s)->{token};

is_error(refresh($s, $bare, authorization_details => details($pay)), 400,
         'invalid_authorization_details', 'none granted: none can be had');
is_error(exchange($s, code_of($s), authorization_details => details($pay)),
         400, 'invalid_authorization_details', 'nor at the exchange');
my $answer = refresh($s, $bare);

is($answer->code, 200, 'without details');
ok(!exists $answer->json->{authorization_details}
   && !exists claims($answer)->{authorization_details}, 'there are none');

# ---- types taken away ----------------------------------------------------------------

my %column = (
    'the API' => [ 'resource_servers', 'authorization_details', $api->{id} ],
    'the grant' => [ 'client_grants', 'authorization_details_types',
                     $s->{app}{grant}{id} ],
);

for my $where (sort keys %column) {
    my ($table, $column, $id) = @{ $column{$where} };
    my $set = "UPDATE tpa_data.$table SET $column = ? WHERE id = ?";

    $t->db->rows($set, '{account}', $id);
    is_refused_grant($s, refresh($s, $token), 'details_granted',
                     "a type $where lost");
    is_refused_grant($s, exchange($s, code_of($s, authorization_details =>
        stored($pay))), 'details_granted', "$where: for a code too");
    $token = is_answer(refresh($s, $token, authorization_details =>
                               details($see)), [ $see ],
                       "$where: what is left can be had");
    $t->db->rows($set, '{payment,account}', $id);
    $token = is_answer(refresh($s, $token), [ $pay, $see ],
                       "$where: and all of it when it is back");
}

# ---- machines -------------------------------------------------------------------------

my $m = $t->client(party => 'third');

$t->grant(client => $m, api => $api, scope => [ 'read:things' ]);
for (
    [ 'granted to users', details($see), qr/not authorized for this type/ ],
    [ 'malformed',        '{}',          qr/JSON array/ ],
) {
    my ($name, $sent, $text) = @$_;
    my $answer = $t->token($m, audience => $api->{identifier},
                           authorization_details => $sent);

    is_error($answer, 400, 'invalid_authorization_details',
             "client_credentials, $name");
    like($answer->json->{error_description}, $text, "$name: why");
}
is($t->token($m, audience => $api->{identifier})->code, 200,
   'without details a machine gets its token');

done_testing();
