# Sessions: who is logged in, for how long, and what it costs.
use TPA::Test;
use TPA::Browser;
use TPA::User;

use Digest::SHA qw(sha256_hex);

my $t = tenant('a');
my $connection = connection_of($t);
my $user = TPA::Browser::person($t, $connection);
my $app = app_of($t);
my $b = TPA::Browser->new($t);

ok($b->code($b->run($app, $user)), 'the user logs in and consents');
my $first = $b->session;

# ---- the way without a page, and what it costs ------------------------------------

my $log = main_node->access_log;
my $answer = $b->authorize($app);

is($answer->code, 303, 'the next time there is no page');
ok($b->code, 'but a code at once');
like($log->wait_for(qr/GET .*authorize/), qr/ calls=2$/,
     'with session and consent: two round trips');
is($t->event(client_id => $app->{id}, type => 'ssa')->{user_id},
   $user->{user_id}, 'the event is ssa');

my $org = org_with($t, [ $connection ]);

membership($t, $org, $user);
my $post = app_of($t, organization_usage => 'require',
                  organization_require_behavior => 'post_login_prompt');

$b->authorize($post);
is($b->at, 'consent', 'the only Organization is chosen without a page');
ok($b->code($b->consent), 'and a code comes of it');
$log = main_node->access_log;
$b->authorize($post);
ok($b->code, 'the next time at once');
like($log->wait_for(qr/GET .*authorize/), qr/ calls=3$/,
     'with an Organization that is the only one: three round trips');

$log = main_node->access_log;
$b->authorize($app, response_type => 'token');
like($log->wait_for(qr/GET .*authorize/), qr/ calls=1$/,
     'a refusal: one round trip');

# Strangers write nothing.
my $stranger = $b->another;
my %before = tables();

sub tables {
    return map { $_->[0] => $_->[1] } map {
        my $name = $_->[0];
        [ $name, $t->db->value("SELECT md5(string_agg(x::text, '|' ORDER BY"
                               . " x::text)) FROM tpa_data.$name x") // '' ]
    } $t->db->rows('SELECT relname FROM pg_class WHERE relkind ='
        . " 'r' AND relnamespace = 'tpa_data'::regnamespace"
        . " AND relname <> 'log_events'");
}

$stranger->authorize($app) for 1 .. 3;
$stranger->authorize($app, client_id => 'nobody');
$stranger->authorize($app, scope => "a\x{7f}");
is_deeply({ tables() }, \%before, 'strangers leave nothing in any table but'
          . ' events of refusals');

# ---- a new session at each login ----------------------------------------------------

$b->authorize($app, prompt => 'login');
is($b->at, 'login', 'prompt=login asks for a login');
$b->login($user);
ok($b->code, 'and leads to a code');
isnt($b->session, $first, 'the session has a new id');
is($t->db->value('SELECT count(*) FROM tpa_data.sessions WHERE session_hash'
    . ' = ?', sha256_hex($first)), 0, 'the old one has ended');
my $thief = $b->another;

$thief->{cookies}{'__Host-tpa_session'} = $first;
$thief->authorize($app);
is($thief->at, 'login', 'and is worth nothing any more');

# A session id that somebody set is not taken over.
my $fixed = TPA::Test::seen(TPA::Tenant::text_of(43));

$thief = $b->another;
$thief->{cookies}{'__Host-tpa_session'} = $fixed;
$thief->authorize($app);
$thief->login($user);
isnt($thief->session, $fixed, 'an id set by others is replaced at the login');
is($t->db->value('SELECT count(*) FROM tpa_data.sessions WHERE session_hash'
    . ' = ?', sha256_hex($fixed)), 0, 'and stands for nobody');

# ---- the end of a session -------------------------------------------------------------

sub over {
    my (%row) = @_;
    my $browser = $b->another;

    $browser->run($app, $user);
    $t->update('sessions', { session_hash => sha256_hex($browser->session) },
               map { $_ => $t->db->value("SELECT now() + ?::interval",
                                         $row{$_}) } keys %row);
    $browser->authorize($app);
    return $browser->at;
}

is(over(idle_expires_at => '1 hour'), 'redirect', 'it goes on');
is(over(idle_expires_at => '-1 second'), 'login', 'it ends by idleness');
is(over(expires_at => '-1 second'), 'login', 'it ends for good');

my $hash = sha256_hex($b->session);
my $idle = $t->db->value('SELECT idle_session_lifetime * 3600 FROM'
                         . ' tpa_data.tenant');

cmp_ok($t->db->value('SELECT extract(epoch FROM expires_at - created_at)::int'
    . ' FROM tpa_data.sessions WHERE session_hash = ?', $hash), '==',
    $t->db->value('SELECT session_lifetime * 3600 FROM tpa_data.tenant'),
    'its end is that of the tenant');
$t->update('sessions', { session_hash => $hash }, idle_expires_at =>
           $t->db->value("SELECT now() + interval '1 minute'"));
$b->authorize($app);
cmp_ok($t->db->value('SELECT extract(epoch FROM idle_expires_at - now())::int'
    . ' FROM tpa_data.sessions WHERE session_hash = ?', $hash), '>',
    $idle - 60, 'each use prolongs its idle time');

my $gone = TPA::Browser::person($t, $connection);
my $leaver = $b->another;

$leaver->run($app, $gone);
$t->update('users', { user_id => $gone->{user_id} }, blocked => 't');
$leaver->authorize($app);
isnt($leaver->at, 'redirect', 'a user who was blocked gets no code');
is($leaver->code, undef, 'none at all');

# ---- the Organization is of the request, not of the session -----------------------------

my $second = org_with($t, [ $connection ]);
membership($t, $second, $user);
my $two = app_of($t);

$b->authorize($two, organization => $org->{id});
$b->consent;
my %org_of_code = map { $_ => $t->db->value('SELECT organization_id FROM'
    . ' tpa_data.authorization_codes WHERE code_hash = ?',
    sha256_hex($b->code)) } 'first';

is($org_of_code{first}, $org->{id}, 'a code in one Organization');
$b->authorize($two, organization => $second->{id});
is($b->at, 'consent', 'another Organization: consent again, no password');
$b->consent;
is($t->db->value('SELECT organization_id FROM tpa_data.authorization_codes'
    . ' WHERE code_hash = ?', sha256_hex($b->code)), $second->{id},
   'a code in the other one');
$b->authorize($two);
is($b->at, 'consent', 'without one: consent again');
$b->consent;
is($t->db->value('SELECT organization_id FROM tpa_data.authorization_codes'
    . ' WHERE code_hash = ?', sha256_hex($b->code)), undef,
   'a code without one: the session remembers none');

done_testing();
