# The metadata name the types of authorization details that APIs know (RFC 9396
# 10), and every process follows what is registered.
use TPA::Test;

my $t = tenant('b');
my $member = 'authorization_details_types_supported';

# What ten connections in a row are told, by whichever process.
sub settles_on {
    my ($expected) = @_;

    return within(20, sub {
        for (1 .. 10) {
            my $doc = $t->http(keep => 0)->request('GET',
                '/.well-known/oauth-authorization-server')->json;
            my $types = $doc->{$member};

            return 0 if ($types ? "@$types" : 'absent') ne $expected;
        }
        return 1;
    });
}

ok(settles_on('absent'), 'no type, no member');
my $api = $t->api(authorization_details => [ qw(payment account) ]);
ok(settles_on('account payment'), 'those of an API, sorted');
my $other = $t->api(authorization_details => [ 'payment', 'https://x/y',
                                               'Zebra "', "\x{e9}t\x{e9}" ]);
ok(settles_on("Zebra \" account https://x/y payment \x{e9}t\x{e9}"),
   'those of all APIs, once');
$t->update('resource_servers', { id => $other->{id} },
           authorization_details => undef);
ok(settles_on('account payment'), 'an API may know none any more');
$t->update('resource_servers', { id => $api->{id} },
           authorization_details => [ map { sprintf 't%03d', $_ } 1 .. 201 ]);
ok(settles_on(join ' ', map { sprintf 't%03d', $_ } 1 .. 200),
   'two hundred at most');
$t->db->rows('DELETE FROM tpa_data.resource_servers WHERE id = ?', $_->{id})
    for $api, $other;
ok(settles_on('absent'), 'and none when they are gone');

done_testing();
