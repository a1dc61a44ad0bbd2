# Applications that nobody registered and nobody uses go, when the next one comes;
# all others stay.
use TPA::Test;
use TPA::Browser;
use TPA::Mgmt;
use TPA::Site ();
use TPA::User;

my $t = tenant('a');
my $site = TPA::Site->start;
my $connection = connection_of($t);
my $user = user_of($t, $connection);
my $api = $t->api;
my $admin = mgmt('a');

$t->grant(api => $api, subject_type => 'user');
$t->settings(client_id_metadata_document_supported => 't');

sub come {
    my ($path) = @_;
    my $app = { id => $site->document($path), method => 'none', api => $api,
                callback => 'https://app.cimd.test/cb' };

    TPA::Browser->new($t)->authorize($app);
    return $app;
}

sub id_of {
    my ($app) = @_;

    return $t->db->value('SELECT client_id FROM tpa_data.clients WHERE'
                         . ' external_client_id = ?', $app->{id});
}

sub age {
    my ($app, $hours) = @_;

    $t->db->value("UPDATE tpa_data.clients SET created_at = now() - interval"
        . " '$hours hours' WHERE external_client_id = ? RETURNING 1",
        $app->{id});
    return;
}

# name, how it gets there, its age in hours, whether it stays
my @cases = (
    [ 'one that nobody used for a day', sub { }, 25, 0 ],
    [ 'one that is younger', sub { }, 23, 1 ],
    [ 'one that a user consented to', sub {
          consent_of($t, $user, { id => id_of($_[0]), api => $api }) }, 25, 1 ],
    [ 'one that has a grant of its own', sub {
          $t->grant(api => $api, client => { id => id_of($_[0]) }) }, 25, 1 ],
    [ 'one that was registered by hand', sub {
          is($admin->call(POST => 'clients/cimd/register', body =>
             { external_client_id => $_[0]{id} })->code, 200,
             'it is registered') }, 25, 1 ],
);
my @apps;

for my $i (0 .. $#cases) {
    my ($name, $prepare, $hours) = @{ $cases[$i] };
    my $app = come("/reap-$i");

    ok(id_of($app), "$name: it came");
    $prepare->($app);
    age($app, $hours);
    push @apps, $app;
}
my $next = come('/reap-next');

ok(id_of($next), 'another one comes');
for my $i (0 .. $#cases) {
    my ($name, $prepare, $hours, $stays) = @{ $cases[$i] };

    is(defined id_of($apps[$i]) ? 1 : 0, $stays,
       "$name " . ($stays ? 'stays' : 'goes'));
}

done_testing();
