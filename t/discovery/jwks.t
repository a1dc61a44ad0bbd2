# The key set: what is in it, and how it is cached.
use TPA::Test;

use Digest::SHA qw(sha1);
use MIME::Base64 qw(decode_base64 encode_base64url);

my $t = tenant('a');
my $http = $t->http;
my $path = '/.well-known/jwks.json';
my $answer = $http->request('GET', $path);
my $jwks = $answer->json;
my @keys = @{ $jwks->{keys} };

is($answer->code, 200, 'the key set');
is($answer->header('Content-Type'), 'application/json', 'content type');
is($answer->header('Cache-Control'), 'public, max-age=300', 'may be cached');
is($answer->header('Access-Control-Allow-Origin'), '*', 'for every page');
is_deeply([ keys %$jwks ], [ 'keys' ], 'nothing but keys');

my %state = map { $_->[0] => $_->[1] }
    $t->db->rows('SELECT kid, state FROM tpa_data.signing_keys');
same_set([ map { $_->{kid} } @keys ],
         [ grep { $state{$_} ne 'revoked' } keys %state ],
         'current, next and previous keys, no revoked one');

for my $jwk (@keys) {
    my $kid = $jwk->{kid};
    my $der = decode_base64($jwk->{x5c}[0]);
    my $pem = "-----BEGIN CERTIFICATE-----\n"
        . MIME::Base64::encode_base64($der) . "-----END CERTIFICATE-----\n";

    same_set([ keys %$jwk ], [qw(alg e kid kty n use x5c x5t)],
             "$kid: public members and no others");
    is_deeply([ @$jwk{qw(kty use alg)} ], [qw(RSA sig RS256)],
              "$kid: what it is for");
    is($kid, TPA::JWT::thumbprint($jwk), "$kid is the thumbprint of the key");
    is($jwk->{x5t}, encode_base64url(sha1($der)), "$kid: x5t");
    is(scalar @{ $jwk->{x5c} }, 1, "$kid: one certificate");
    unlike($jwk->{x5c}[0], qr{[^A-Za-z0-9+/=]}, "$kid: x5c is base64");
    is(TPA::JWT::pipe_through($pem, qw(openssl x509 -noout -pubkey)),
       TPA::JWT::pipe_through(TPA::JWT::jwk_to_pem($jwk),
                              qw(openssl pkey -pubin -pubout)),
       "$kid: the certificate is of the same key");
    is(length MIME::Base64::decode_base64url($jwk->{n}), 256,
       "$kid: 2048 bits");
}

my ($header) = TPA::JWT::decode($t->token($t->machine)->json->{access_token});
is($state{ $header->{kid} }, 'current', 'tokens are signed with the current key');
ok((grep { $state{ $_->{kid} } eq 'next' } @keys),
   'the next key is published before it signs');

# ---- caching --------------------------------------------------------------------------

my $etag = $answer->header('ETag');
like($etag, qr/^"[^"]+"$/, 'a strong entity tag');
is($http->request('GET', $path)->header('ETag'), $etag, 'the same each time');

for (
    # If-None-Match            status
    [ $etag,                    304 ],
    [ "W/$etag",                304 ],
    [ "\"other\", $etag",       304 ],
    [ '*',                      304 ],
    [ '"other"',                200 ],
    [ 'garbage',                200 ],
) {
    my ($match, $status) = @$_;

    for my $method (qw(GET HEAD)) {
        my $answer = $http->request($method, $path,
            headers => [ 'If-None-Match' => $match ]);

        is($answer->code, $status, "$method, If-None-Match: $match");
        next if $status != 304;
        is($answer->body, '', "$method: no body with a 304");
        is($answer->header('ETag'), $etag, "$method: its tag");
        is($answer->header('Cache-Control'), 'public, max-age=300',
           "$method: its age");
        is($answer->header('Access-Control-Allow-Origin'), '*',
           "$method: every page may use it");
    }
}

# Another tenant has other keys.
my $b = tenant('b');
my %ours = map { $_->{kid} => 1 } @keys;
is(scalar(grep { $ours{ $_->{kid} } } @{ $b->jwks->{keys} }), 0,
   'another tenant has other keys');
isnt($b->http->request('GET', $path)->header('ETag'), $etag,
     'and another entity tag');

done_testing();
