# Who gets a key-bound token: each row of the table, for machines, and for users
# at the exchange of a code and at a refresh, by public and by confidential
# applications.
use TPA::Test;
use TPA::DPoP;
use TPA::User;

my $t = tenant('a');
my $key = dpop_key();
my %policies = (
    none => {},
    allowed => { pop_mechanism => 'dpop', pop_required => 'f' },
    'required of all' => { pop_mechanism => 'dpop', pop_required => 't',
                           pop_required_for => 'all_clients' },
    'required of public ones' => { pop_mechanism => 'dpop',
        pop_required => 't', pop_required_for => 'public_clients' },
    'by certificate' => { pop_mechanism => 'mtls', pop_required => 't',
                          pop_required_for => 'all_clients' },
);

# the application wants one, the API's policy, a proof is sent: what comes of it
my @rows = (
    [ 'yes', 'none', 'no', 'proof_taken' ],
    [ 'yes', 'none', 'yes', 'proof_taken' ],
    [ 'yes', 'allowed', 'no', 'proof_sent' ],
    [ 'yes', 'allowed', 'yes', 'bound' ],
    [ 'yes', 'required of all', 'no', 'proof_sent' ],
    [ 'yes', 'required of all', 'yes', 'bound' ],
    [ 'yes', 'required of public ones', 'no', 'proof_sent' ],
    [ 'yes', 'required of public ones', 'yes', 'bound' ],
    [ 'yes', 'by certificate', 'no', 'proof_taken' ],
    [ 'yes', 'by certificate', 'yes', 'proof_taken' ],
    [ 'no', 'none', 'no', 'not bound' ],
    [ 'no', 'none', 'yes', 'not bound' ],
    [ 'no', 'allowed', 'no', 'not bound' ],
    [ 'no', 'allowed', 'yes', 'bound' ],
    [ 'no', 'required of all', 'no', 'proof_sent' ],
    [ 'no', 'required of all', 'yes', 'bound' ],
    [ 'no', 'required of public ones', 'no', 'not bound', 'proof_sent' ],
    [ 'no', 'required of public ones', 'yes', 'bound' ],
    [ 'no', 'by certificate', 'no', 'proof_taken' ],
    [ 'no', 'by certificate', 'yes', 'proof_taken' ],
);
my %texts = (
    proof_taken => qr/this API does not take them/,
    proof_sent => qr/^A DPoP proof is required$/,
);

sub judge {
    my ($answer, $expected, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return is_error($answer, 400, 'invalid_request', "$name: $expected",
                    $texts{$expected}) if $texts{$expected};
    my $json = $answer->code == 200 ? $answer->json : {};
    my $bound = $expected eq 'bound';

    is_deeply([ $answer->code, $json->{token_type},
                $answer->code == 200 ? bound_to($answer) : 'none' ],
              [ 200, $bound ? 'DPoP' : 'Bearer',
                $bound ? $key->{jkt} : undef ],
              "$name: $expected") or diag($answer->body);
    return;
}

# ---- who asks ----------------------------------------------------------------------

my $machine = $t->machine(api => $t->api);
my $page = stage($t, app => { method => 'none' });
my $site = stage($t, connection => $page->{connection},
                 user => $page->{user});
my @asks = (
    [ 'a machine', $machine, 0, sub { $t->token($machine, @_) } ],
    [ 'a code of a public application', $page->{app}, 1,
      sub { exchange($page, code_of($page), @_) } ],
    [ 'a code of a confidential one', $site->{app}, 0,
      sub { exchange($site, code_of($site), @_) } ],
    [ 'a refresh of a public application', $page->{app}, 1,
      sub { refresh($page, family_of($page)->{token}, @_) } ],
    [ 'a refresh of a confidential one', $site->{app}, 0,
      sub { refresh($site, family_of($site)->{token}, @_) } ],
);

for my $row (@rows) {
    my ($wants, $policy, $sends, $expected, $of_public) = @$row;

    for (@asks) {
        my ($name, $app, $public, $ask) = @$_;

        $t->update('clients', { client_id => $app->{id} },
                   require_proof_of_possession => $wants eq 'yes' ? 't' : 'f');
        $t->update('resource_servers', { id => $app->{api}{id} },
            pop_mechanism => undef, pop_required => undef,
            pop_required_for => undef, %{ $policies{$policy} });
        judge($sends eq 'yes' ? with_nonce($t, $key, $ask) : $ask->(),
              $public && $of_public || $expected,
              "$name; wants one: $wants; policy: $policy; proof: $sends");
    }
}

done_testing();
