# TPARegisteredOrganizations: applications that nobody registered by hand act
# inside Organizations where the operator says so.
use TPA::Test;
use TPA::Browser;
use TPA::JWT;
use TPA::Orgs;
use TPA::Register;
use TPA::Site ();
use TPA::User;

my $t = tenant('newcomers');
my $site = TPA::Site->start;
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my ($acme, $globex) = map { org_with($t, [ $connection ]) } 1 .. 2;
my $closed = $t->org(third_party_client_access => 'block');
my $api = $t->api;

membership($t, $_, $user) for $acme, $globex, $closed;
$t->grant(api => $api, subject_type => 'user');
door($t, 1, client_id_metadata_document_supported => 't');

my $back = 'https://app.cimd.test/cb';

# name, and how such an application comes to a tenant
my @ways = (
    [ 'registered', sub { registered($_[0], redirect_uris => [ $back ],
          token_endpoint_auth_method => 'none', client_name => 'Agent') } ],
    [ 'by its document', sub {
          return { id => $site->document('/' . $_[0]{name}), method => 'none',
                   callback => $back } } ],
);

sub token_of {
    my ($b, $app) = @_;
    my $answer = post_form($b->{t}, 'oauth/token', $app,
        grant_type => 'authorization_code', code => $b->code,
        code_verifier => $b->{verifier}, redirect_uri => $back);

    seen($answer->json->{access_token} // ());
    my (undef, $claims) = TPA::JWT::decode($answer->json->{access_token});
    return $claims;
}

for (@ways) {
    my ($name, $come) = @$_;
    my $app = { %{ $come->($t) }, api => $api };
    my $b = TPA::Browser->new($t);

    $b->authorize($app);
    is($b->at, 'login', "$name: first the login");
    $b->login($user);
    is($b->at, 'organization-picker', "$name: then the picker");
    unlike($b->{page}->body, qr/$closed->{id}/,
           "$name: an Organization that lets none in is not there");
    $b->submit(organization => $globex->{id});
    is($b->at, 'consent', "$name: then consent");
    $b->consent;
    is(token_of($b, $app)->{org_id}, $globex->{id},
       "$name: the token is for the Organization that was picked");
}

# The same at a host that does not say so.
my $plain = tenant('a');

for (@ways) {
    my ($name, $come) = @$_;
    my $app = { %{ $come->($plain) }, api => $api };
    my $b = TPA::Browser->new($plain);

    $b->authorize($app);
    $b->login($user);
    is($b->at, 'consent', "$name, unless told: no Organization");
    $b->consent;
    my $claims = token_of($b, $app);

    ok($claims->{sub} && !exists $claims->{org_id}, "$name: nor in the token");
    $b->authorize($app, organization => $acme->{id});
    is($b->at, 'error', "$name: nor can one be asked for");
}

done_testing();
