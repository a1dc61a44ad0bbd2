# Makes what the client libraries need in the database, and prints it as JSON:
# fixture.pl ISSUER
use strict;
use warnings FATAL => 'all';

use JSON::PP ();

use TPA::JWT ();
use TPA::Orgs ();
use TPA::Tenant ();
use TPA::Test;
use TPA::User qw(app_of connection_of membership org_with user_of);

my $t = tenant('a', issuer => $ARGV[0], node => {});
my $api = $t->api(identifier => 'https://api.example.com/',
                  token_lifetime => 3600, token_lifetime_for_web => 3600,
                  allow_offline_access => 't',
                  scopes => [ 'read:things', 'write:things' ]);
my $strict = $t->api(identifier => 'https://strict.example.com/',
                     name => 'Strict API',
                     token_dialect => 'rfc9068_profile',
                     scopes => [ 'read:things' ]);
my $brief = $t->api(identifier => 'https://brief.example.com/',
                    name => 'Brief API',
                    token_lifetime => 3, token_lifetime_for_web => 3,
                    scopes => [ 'read:things' ]);
my $key = TPA::JWT::key('rsa', 2048);
# The deploy CLI gives every database this option at its first import.
my $connection = connection_of($t,
    options => '{"disable_self_service_change_password": false}');
my $acme = org_with($t, [ $connection ], name => 'acme');
my $globex = org_with($t, [ $connection ], name => 'globex');
my %machine;

for my $method (qw(client_secret_post client_secret_basic private_key_jwt)) {
    my $m = $t->machine(party => 'third', method => $method, api => $api,
        grant => { organization_usage => 'allow' },
        keys => $method eq 'private_key_jwt'
            ? [ { pem => TPA::JWT::public_pem($key), kid => 'sdk-key-01' } ]
            : []);

    $t->grant(client => $m, api => $brief);
    $t->org_grant($acme, $_) for $m->{grant},
        $t->grant(client => $m, api => $strict, organization_usage => 'allow');
    $machine{$method} = {
        client_id => $m->{id}, client_secret => $m->{secret},
        $method eq 'private_key_jwt' ? (key => $key, kid => 'sdk-key-01') : (),
    };
}
# For each method of client authentication an application for users; and a user,
# who is in both Organizations.
my $callback = 'https://client.example.com/callback';
my %app;

for my $method (qw(none client_secret_post client_secret_basic
                   private_key_jwt)) {
    my $app = app_of($t, api => $api, method => $method,
        callbacks => [ $callback ], organization_usage => 'require',
        organization_require_behavior => 'post_login_prompt',
        refresh_rotation_type => $method eq 'none' ? 'rotating'
                                                   : 'non-rotating',
        keys => $method eq 'private_key_jwt'
            ? [ { pem => TPA::JWT::public_pem($key), kid => 'sdk-key-02' } ]
            : []);

    $app{$method} = {
        client_id => $app->{id},
        $method =~ /secret/ ? (client_secret => $app->{secret}) : (),
        $method eq 'private_key_jwt' ? (key => $key, kid => 'sdk-key-02') : (),
    };
}
# An API that takes key-bound tokens only, with a public application and a
# machine.
my $bound = $t->api(identifier => 'https://bound.example.com/',
    name => 'Bound API',   # the deploy CLI knows APIs by their names
    allow_offline_access => 't', pop_mechanism => 'dpop', pop_required => 't',
    pop_required_for => 'all_clients', scopes => [ 'read:things' ]);
my $bound_page = app_of($t, api => $bound, method => 'none',
    callbacks => [ $callback ], require_proof_of_possession => 't',
    organization_usage => 'require',
    organization_require_behavior => 'post_login_prompt',
    refresh_rotation_type => 'rotating');
my $bound_machine = $t->machine(api => $bound);
my $password = seen(TPA::Tenant::text_of(20));
my $user = user_of($t, $connection, password_hash =>
                   crypt($password, '$2y$10$' . TPA::Tenant::hex_of(21) . 'e'));

membership($t, $_, $user) for $acme, $globex;

# The application that init made, which may use the Management API.
open my $in, '<', "$ENV{TPA_WORK}/init-a" or die "init-a: $!";
my $init = JSON::PP->new->decode(do { local $/; <$in> });
my %admin = map { $_ => $init->{$_} } qw(client_id client_secret audience);
seen($admin{client_secret});

print JSON::PP->new->canonical->pretty->encode({
    issuer => $t->{issuer}, audience => $api->{identifier},
    strict_audience => $strict->{identifier},
    brief_audience => $brief->{identifier}, acme => $acme->{id},
    globex => $globex->{id}, admin => \%admin, %machine,
    callback => $callback, apps => \%app, bound => {
        audience => $bound->{identifier},
        page => { client_id => $bound_page->{id} },
        machine => { client_id => $bound_machine->{id},
                     client_secret => $bound_machine->{secret} } },
    user => { user_id => $user->{user_id}, email => $user->{email},
              password => $password },
});
