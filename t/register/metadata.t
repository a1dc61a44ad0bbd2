# Whether the metadata announce the endpoint, and who may read its answers.
use TPA::Test;
use TPA::Register;

my $t = tenant('b');
my $uri = 'https://app.example.com/callback';

# What new connections are told so often in a row, by whichever process.
sub settles_on {
    my ($expected, $member) = @_;

    $member //= 'registration_endpoint';

    return within(60, sub {
        for (1 .. 10) {
            my $http = $t->http(keep => 0);

            return 0 if (metadata($t, http => $http)->{$member}
                         // '') ne $expected;
        }
        return 1;
    });
}

ok(settles_on(''), 'a closed door is not announced');
door($t, 1);
ok(settles_on("$t->{issuer}oidc/register"), 'an open one is');
is(register($t, { redirect_uris => [ $uri ] })->code, 201,
   'and is where it is said to be');
TPA::Tenant::undo();
ok(settles_on(''), 'and no longer when it is closed');
is(register($t, { redirect_uris => [ $uri ] })->code, 403, 'then it is closed');

# ---- documents -------------------------------------------------------------------

my $documents = 'client_id_metadata_document_supported';

ok(settles_on('', $documents), 'metadata documents are not taken');
$t->settings($documents => 't');
ok(settles_on(1, $documents), 'they are, and it is announced');
TPA::Tenant::undo();
ok(settles_on('', $documents), 'no more');

# ---- pages of any origin ---------------------------------------------------------

for my $origin ('https://app.example.com', 'http://localhost:6274', 'null') {
    for my $open (0, 1) {
        door($t, $open);
        my $answer = register($t, { redirect_uris => [ $uri ] }, headers => [
            'Content-Type' => 'application/json', Origin => $origin ]);

        is($answer->code, $open ? 201 : 403, "$origin: open $open");
        is($answer->header('Access-Control-Allow-Origin'), '*',
           "$origin: may read it");
        is($answer->header('Access-Control-Allow-Credentials'), '',
           "$origin: without cookies");
    }
    my $answer = $t->http->request('OPTIONS', '/oidc/register', headers => [
        Origin => $origin, 'Access-Control-Request-Method' => 'POST',
        'Access-Control-Request-Headers' => 'content-type' ]);

    is($answer->code, 204, "$origin: preflight");
    is($answer->header('Access-Control-Allow-Origin'), '*',
       "$origin: preflight: may ask");
    like($answer->header('Access-Control-Allow-Methods'), qr/\bPOST\b/,
         "$origin: preflight: POST");
    like($answer->header('Access-Control-Allow-Headers'), qr/Content-Type/i,
         "$origin: preflight: JSON");
}

done_testing();
