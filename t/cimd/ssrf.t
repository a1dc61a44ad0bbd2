# Hostile names, hosts and documents: nothing but the site itself is reached,
# and nobody holds us up (security.md row 26).
use TPA::Test timeout => 300;
use TPA::Mgmt;
use TPA::Site ();

use Time::HiRes qw(time);

my $m = mgmt('a');
my $site = TPA::Site->start;
my $farm = TPA::Site->farm('127.0.0.1', '127.0.0.78', '::1');
my $port = $farm->port;

sub preview {
    my ($url) = @_;
    my $start = time;
    my $answer = $m->call('POST', 'clients/cimd/preview',
                          body => { external_client_id => $url });

    return ($answer, time - $start);
}

# What is told of a document that cannot be fetched.
sub error_of {
    my ($url) = @_;
    my ($answer) = preview($url);

    return ($answer->json->{errors} || [ $answer->json->{message}
                                         || $answer->body ])->[0];
}

# ---- names that lead inside ---------------------------------------------------
for my $name (qw(loop near any six mapped nat both cloud private)) {
    like(error_of("https://$name.cimd.test:$port/client"),
         qr/^The document cannot be fetched: Its host has no public address$/,
         "a name that leads inside: $name");
}
is(error_of("https://nowhere.cimd.test:$port/client"),
   'The document cannot be fetched: Its host has no public address',
   'a name that does not exist is told with the same words');

# ---- addresses in every notation ----------------------------------------------
for my $host (qw(127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0177.0.0.1
                 017700000001 0x7f.0.0.1 127.0.0.0x1 0 0.0.0.0 [::1] [::]
                 [::ffff:127.0.0.1] [::ffff:7f00:1] [64:ff9b::7f00:1] localhost
                 app.localhost LOCALHOST localhost. 127.0.0.1.)) {
    like(error_of("https://$host:$port/client"),
         qr/on property external_client_id/, "an address: $host is refused");
}

# ---- hosts that lead elsewhere --------------------------------------------------
for my $status ('301 Moved', '302 Found', '303 See Other', '307 Temporary',
                '308 Permanent') {
    my ($code) = $status =~ /^(\d+)/;

    like(error_of($site->put("/to$code", '', status => $status, headers => [
             "Location: https://127.0.0.1:$port/client" ])),
         qr/redirects, which is not followed/, "$code is not followed");
}
like(error_of($site->put('/near', '', status => '302 Found', headers => [
         "Location: " . $site->url('/there') ])),
     qr/redirects/, 'nor within the site');
is($site->hits('/there'), 0, '... which nobody asked');
$site->put('/refresh', '{}', headers => [
    "Refresh: 0; url=https://127.0.0.1:$port/",
    "Link: <https://127.0.0.1:$port/>; rel=preload",
    "Alt-Svc: h2=\"127.0.0.1:$port\"; ma=3600", 'Set-Cookie: a=b' ]);
preview($site->url('/refresh')) for 1 .. 2;
# Keys of elsewhere are named, not fetched.
for my $uri ("https://127.0.0.1:$port/keys", "https://loop.cimd.test:$port/k",
             "http://127.0.0.1:$port/keys", "file:///etc/passwd",
             "https://app.cimd.test\@127.0.0.1:$port/keys") {
    preview($site->document('/keys-elsewhere', jwks_uri => $uri,
        token_endpoint_auth_method => 'private_key_jwt'));
}
preview($site->document('/logo', logo_uri => "https://127.0.0.1:$port/l.png"));
$site->put('/keys', '', status => '302 Found', headers => [
    "Location: https://127.0.0.1:$port/keys" ]);
my ($keyed) = preview($site->document('/keyed', jwks_uri => $site->url('/keys'),
    token_endpoint_auth_method => 'private_key_jwt'));
like($keyed->json->{validation}{violations}[0], qr/jwks_uri: .*redirects/,
     'a key set that redirects is not followed');
is_deeply([ $farm->reached ], [], 'nobody came to the farm');

# ---- hosts that hold us up ------------------------------------------------------
my $big = 'x' x 5000;

for (
    # what it does, how long it may take, what is told
    [ 'drip', { x => $big }, qr/3 seconds/ ],
    [ 'hang', {}, qr/3 seconds/ ],
    [ 'flood', {}, qr/longer than 5120 bytes/ ],
    [ 'headers', {}, qr/longer|complete/ ],
    [ 'cut', { x => 'y' x 100 }, qr/complete|JSON/ ],
) {
    my ($way, $doc, $told) = @$_;
    my ($answer, $took) = preview($site->put("/$way", $doc, as => $way));
    my $json = $answer->json;

    like($json->{errors}[0] // $json->{validation}{violations}[0], $told,
         "a host that does this: $way");
    cmp_ok($took, '<', 3.5 + (slow_run() ? 10 : 5), '... holds us up for seconds only');
}
like(error_of($site->document('/long', x => 'x' x 5120)),
     qr/longer than 5120 bytes/, 'a document of more than 5 KB');

# ---- what it must be ------------------------------------------------------------
for my $type ('', 'text/html', 'text/json', 'application/javascript',
              'application/jsonx', 'application/+json', 'json') {
    like(error_of($site->document('/type', -opt => { type => $type })),
         qr/Content-Type/, "a Content-Type of '$type' is refused");
}
for my $type ('application/json; charset=utf-8', 'Application/JSON',
              'application/oauth-client+json') {
    my ($answer) = preview($site->document('/type', -opt =>
        { type => $type }));

    ok($answer->json->{validation}{valid}, "one of '$type' is fine");
}
for my $status ('404 Not Found', '500 Oops', '201 Created', '204 No Content',
                '206 Partial Content', '401 Unauthorized') {
    my ($code) = $status =~ /^(\d+)/;

    like(error_of($site->document('/status', -opt => { status => $status })),
         qr/status $code|complete/, "status $code is refused");
}
my ($zipped) = preview($site->document('/zip', -opt => {
    headers => [ 'Content-Encoding: gzip' ] }));
ok($zipped->json->{validation}{valid}, 'no encoding is undone');

# ---- certificates ---------------------------------------------------------------
my $strange = TPA::Site->start(authority => 'untrusted');
my $plain = TPA::Site->start(tls => 0);

like(error_of($strange->document('/client')), qr/certificate/,
     'a certificate of an authority nobody trusts');
is($strange->hits('/client'), 0, '... is not even asked');
like(error_of($site->document('/client') =~ s/app\.cimd/wrong.cimd/r),
     qr/certificate/, 'a certificate for another name');
is($site->hits('/client'), 0, '... is not even asked');
like(error_of($plain->document('/client')), qr/TLS|complete|seconds/,
     'a host without TLS');
is($plain->hits('/client'), 0, '... is not even asked');
$_->stop for $site, $strange, $plain;
like(error_of($site->url('/client')), qr/takes no connection/,
     'a host that is gone');
is_deeply([ $farm->reached ], [], 'nobody came to the farm to the end');

# Would it have been noticed?
IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 5)
    or die "the farm is dead\n";
is_deeply([ $farm->reached ], [ '127.0.0.1' ], 'a visitor is seen');

done_testing;
