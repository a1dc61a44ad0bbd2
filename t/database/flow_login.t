# Logging in: look-up, failures, sessions, users of other systems.

use strict;
use warnings FATAL => 'all';

use Test::More;

use TPA::Functions;
use TPA::FlowRows;

flow_world();

my $hash = '$2y$12$' . 'a' x 53;
my $ann = { password_hash => $hash, blocked => $FALSE, name => 'Ann',
            email => 'Ann@example.com', wait_s => 0 };

sub result { return $_[0]{result} }

sub lookup {
    my ($identifier, %o) = @_;

    return call_of(login_lookup => { connection_id => con_of(1),
        identifier => $identifier, account_key => 1, address_key => 1, %o });
}

# ---- who it is --------------------------------------------------------------
for my $who ('ann@example.com', 'ANN@Example.com', 'ann', 'aNN') {
    is_deeply lookup($who), { result => 'found', id => 'auth0|ann',
                              body => $ann }, "login_lookup: $who";
}
for ([ 'ann@example.org' ], [ '' ], [ 'auth0|ann' ], [ '%' ],
     [ 'ann', connection_id => con_of(2) ], [ 'ann', connection_id => 'x' ],
     [ undef ]) {
    is_deeply lookup(@$_), { result => 'not_found', id => undef,
                             body => { wait_s => 0 } },
        'login_lookup: not ' . (defined $_->[0] ? "'@$_'" : 'without a name');
}
rows_of("INSERT INTO tpa_data.users (user_id, connection_id,
    connection_user_id, username, email, password_hash, blocked) VALUES
    ('auth0|eve', ?, 'eve', 'bob\@example.com', 'eve\@example.com', ?, true),
    ('auth0|old', ?, 'old', 'old', 'old\@example.com', NULL, false)",
    con_of(1), $hash, con_of(1));
is lookup('bob@example.com')->{id}, 'auth0|bob', 'an e-mail before a name';
is lookup('eve@example.com')->{body}{blocked}, $TRUE, 'one who is blocked';
is result(lookup('old')), 'not_found', 'one whose password we do not hold';

# ---- failures ---------------------------------------------------------------
sub failures {
    my ($times, %o) = @_;

    call_of(login_failed => { account_key => 7, address_key => 9, %o })
        for 1 .. $times;
    return;
}

sub wait_of {
    my ($account, $address) = @_;

    return lookup('ann', account_key => $account, address_key => $address)
        ->{body}{wait_s};
}

# Let so many seconds go by.
sub later {
    rows_of("UPDATE tpa_data.login_throttle SET
             full_until = full_until - interval '$_[0] s',
             open_at = open_at - interval '$_[0] s'");
    return;
}
is result(call_of(login_failed => { account_key => 7, address_key => 9 },
                  event_of('fp', 'failed'))), 'updated', 'login_failed';
is events_of('failed'), 'fp', 'login_failed: its event';
failures(4);
is wait_of(7, 1), 0, 'five failures cost nothing';
failures(1);
is wait_of(7, 1), 10, 'the sixth: ten seconds';
is lookup('nobody', account_key => 7)->{body}{wait_s}, 10,
    'the same for who does not exist';
is wait_of(8, 9), 0, 'not for other accounts';
later(4);
is wait_of(7, 1), 6, 'four seconds later';
later(7);
is wait_of(7, 1), 0, 'and then no more';
failures(1);
is wait_of(7, 1), 9, 'but one failure is enough again';
failures(100);
is wait_of(7, 1), 60, 'nobody waits longer than a minute';
cmp_ok wait_of(1, 9), '>', 0, 'an address of many failures waits, too';
is wait_of(1, 7), 0, 'accounts and addresses are two things';
later(3600);
is wait_of(7, 9), 0, 'all is forgotten';
failures(6);
is wait_of(7, 9), 10, 'and counts from the start';
failures(3, account_key => 20, account_free => 1, account_every_s => 3);
is wait_of(20, 1), 6, 'other limits';
is count_of('login_throttle'), 3, 'a row for each number';
like error_of("SELECT tpa.login_failed('{\"account_key\": 1048576,"
              . " \"address_key\": 1}')"), qr/violates/,
    'numbers are bounded';
at_once(8, sub {
    return "SELECT tpa.login_failed('{\"account_key\": 30,"
        . " \"address_key\": 30}')";
});
is wait_of(30, 1), 30, 'eight at once are eight';

# ---- sessions ---------------------------------------------------------------
my %start = (session_hash => hash_of('s1'), user_id => 'auth0|ann',
    connection_id => con_of(1), ip => '192.0.2.9', user_agent => 'u' x 300,
    lifetime_s => 3600, idle_s => 60, account_key => 7);
for (
    [ { user_id => 'auth0|none' }, 'no such user' ],
    [ { user_id => 'auth0|eve' }, 'a user who is blocked' ],
    [ { connection_id => con_of(2) }, 'a user of another connection' ],
    [ { password_hash => $hash . 'x' }, 'another password since' ],
) {
    my ($o, $what) = @$_;

    is result(call_of(session_start => { %start, %$o },
                      event_of('s', 'refused'))), 'not_found',
        "session_start: $what";
}
is events_of('refused'), '', 'session_start: no event of these';
is count_of('sessions'), 0, 'and no session';
is wait_of(7, 1), 10, 'and nothing is forgiven';
is_deeply call_of(session_start => { %start, password_hash => $hash },
                  event_of('s', 'started')),
    { result => 'created', id => 'auth0|ann', body => undef }, 'session_start';
is events_of('started'), 's', 'session_start: its event';
is wait_of(7, 1), 0, 'session_start: failures are forgiven';
cmp_ok wait_of(1, 30), '==', 0, 'but for the address';
is_deeply [ rows_of("SELECT user_id, connection_id, host(ip),
    length(user_agent), expires_at - created_at, idle_expires_at - created_at,
    authenticated_at = created_at FROM tpa_data.sessions") ],
    [ [ 'auth0|ann', con_of(1), '192.0.2.9', 255, '01:00:00', '00:01:00',
        't' ] ], 'session_start: what is stored';
call_of(session_start => { %start, session_hash => hash_of('told'),
                           authenticated_at => 1700000000123456 });
is value_of("SELECT extract(epoch FROM authenticated_at)::text FROM
    tpa_data.sessions WHERE session_hash = ?", hash_of('told')),
    '1700000000.123456', 'session_start: when the login was, if it is told';
rows_of('DELETE FROM tpa_data.sessions WHERE session_hash = ?',
        hash_of('told'));
rows_of("UPDATE tpa_data.users SET logins_count = 1
    WHERE user_id = 'auth0|ann'");
is value_of("SELECT logins_count || ' ' || host(last_ip) || ' '
             || (last_login_at > now() - interval '9 s')
             FROM tpa_data.users WHERE user_id = 'auth0|ann'"),
    '1 192.0.2.9 true', 'and of the user';
for ([ '::1', '::1' ], [ '1.2.3.26', '1.2.3.26' ], [ 'unknown', undef ],
     [ '256.1.1.1', undef ], [ 'fe80::1%eth0', undef ], [ '', undef ],
     [ undef, undef ]) {
    my ($ip, $kept) = @$_;
    my $s = start_session(ip => $ip);

    is value_of('SELECT host(ip) FROM tpa_data.sessions
                 WHERE session_hash = ?', $s), $kept,
        'an address: ' . (defined $ip ? $ip : 'none');
}

# A new id at each login; what the user has open goes with it.
sub holder {
    return join ' ', map { defined $_ ? substr($_, 0, 8) : '-' } map { @$_ }
        rows_of('SELECT session_hash FROM tpa_data.authorization_codes
                 UNION ALL SELECT session_hash FROM tpa_data.refresh_families');
}
my $first = start_session();
family_of(session_hash => $first);
my $second = start_session(old_session_hash => $first);
is count_of('sessions', "session_hash = '$first'"), 0, 'the old one ended';
is holder(), join(' ', (substr $second, 0, 8) x 2), 'its code went along';
my $third = start_session(old_session_hash => $second, user_id => 'auth0|bob');
is holder(), '-', 'not to another user';
is count_of('sessions', "session_hash = '$second'"), 0, 'it ended, too';

is result(call_of(session_end => { session_hash => hash_of('none') },
                  event_of('slo', 'ended'))), 'not_found',
    'session_end: there is none';
is_deeply call_of(session_end => { session_hash => $third },
                  event_of('slo', 'ended')),
    { result => 'deleted', id => 'auth0|bob', body => undef }, 'session_end';
is events_of('ended'), 'slo', 'session_end: its event';

# ---- users of other systems -------------------------------------------------
sub external {
    my ($subject, %o) = @_;
    my $event = delete $o{event};

    return call_of(session_external => { session_hash => hash_of(rand),
        connection => 'corp', subject => $subject, ip => '192.0.2.1',
        user_agent => 'u', lifetime_s => 60, idle_s => 60, %o }, $event);
}
is result(external('ann', connection => 'none')), 'no_connection',
    'session_external: no connection';
is result(external('ann', connection => 'users')), 'no_connection',
    'session_external: never where we hold the passwords';
my $got = external('uid=ann,ou=x', email => 'ann@example.com', name => 'A',
    email_verified => $TRUE, event => event_of('s', 'external'));
is_deeply $got, { result => 'created', id => 'ldap|corp|uid=ann,ou=x',
                  body => undef }, 'session_external: a new user';
is value_of("SELECT user_id || ' ' || user_name || ' ' || connection || ' '
             || strategy FROM tpa_data.log_events
             WHERE log_id LIKE '%external'"),
    'ldap|corp|uid=ann,ou=x A corp ldap', 'whom the event names';
is count_of('users', "lower(email) = 'ann\@example.com'"), 2,
    'another than who has the same e-mail';
is external('uid=ann,ou=x', name => 'B')->{id}, $got->{id}, 'the same again';
is value_of("SELECT name || ' ' || email || ' ' || email_verified || ' '
             || logins_count FROM tpa_data.users WHERE user_id = ?",
            $got->{id}), 'B ann@example.com true 2', 'with another name';
is count_of('sessions', "user_id = '$got->{id}'"), 2, 'two sessions';
is external('UID=ann,ou=x')->{id}, 'ldap|corp|UID=ann,ou=x',
    'subjects are told apart by each letter';
rows_of("UPDATE tpa_data.users SET blocked = true WHERE user_id = ?",
        $got->{id});
is result(external('uid=ann,ou=x', event => event_of('s', 'blocked'))),
    'blocked', 'session_external: blocked';
is events_of('blocked'), '', 'without an event';
is count_of('sessions', "user_id = '$got->{id}'"), 2, 'without a session';
rows_of("INSERT INTO tpa_data.users (user_id, connection_id,
         connection_user_id) VALUES ('ldap|made', ?, 'made')", con_of(2));
is external('made')->{id}, 'ldap|made', 'one that an administrator made';
rows_of("INSERT INTO tpa_data.connections (id, name, strategy) VALUES
         (?, 'branch', 'ldap')", con_of(4));
is external('made', connection => 'branch')->{id}, 'ldap|branch|made',
    'the same name elsewhere is another user';
like external('x' x 300)->{id}, qr/^ldap\|corp\|[0-9a-f]{64}$/,
    'a long name';
is external('x' x 300)->{id}, external('x' x 300)->{id}, 'is a name, too';
rows_of("INSERT INTO tpa_data.users (user_id, connection_id,
         connection_user_id) VALUES ('ldap|branch|taken', ?, 'branch|taken')",
        con_of(2));
is result(external('taken', connection => 'branch')), 'conflict',
    'an id that another has';
my @at_once = at_once(8, sub {
    my $o = JSON::PP::encode_json({ session_hash => hash_of("ext$_[0]"),
        connection => 'corp', subject => 'new', lifetime_s => 9,
        idle_s => 9 });
    return "SELECT result || id FROM tpa.session_external('$o')";
});
is join(' ', map { $_->[-1] } @at_once),
    join(' ', ('createdldap|corp|new') x 8), 'eight at once are one user';

# ---- Organizations before the login -----------------------------------------
sub found {
    my (%o) = @_;

    return call_of(organization_find => \%o)->{body}{items};
}
my %acme = (id => org_of(1), name => 'acme', display_name => 'Acme',
    admits_third_party => $TRUE, lists_clients => $FALSE, listed => $FALSE,
    listed_for_members => $FALSE);
my %globex = (%acme, id => org_of(2), name => 'globex',
              admits_third_party => $FALSE);
delete $globex{display_name};
rows_of("INSERT INTO tpa_data.organization_domains (id, organization_id,
    domain, status, use_for_organization_discovery, verification_txt,
    verification_host) VALUES
    ('ord_0000000000000000000001', ?, 'one.example', 'verified', true, ?, 'h'),
    ('ord_0000000000000000000002', ?, 'two.example', 'verified', true, ?, 'h'),
    ('ord_0000000000000000000003', ?, 'two.example', 'verified', true, ?, 'h'),
    ('ord_0000000000000000000004', ?, 'no.example', 'pending', true, ?, 'h'),
    ('ord_0000000000000000000005', ?, 'off.example', 'verified', false, ?,
     'h')", map { (org_of($_), '0' x 32) } 1, 1, 2, 1, 1);
rows_of("INSERT INTO tpa_data.organization_clients VALUES (?, 'tpc_1', true)",
        org_of(2));
is_deeply found(name => 'acme'), [ \%acme ], 'organization_find: by name';
is_deeply found(name => 'globex', client_id => 'tpc_1'),
    [ { %globex, listed => $TRUE, listed_for_members => $TRUE } ],
    'organization_find: as it stands to an application';
is_deeply found(domain => 'One.Example'), [ \%acme ],
    'organization_find: by domain';
is_deeply found(domain => 'two.example'), [ \%acme, \%globex ],
    'organization_find: one of two';
for ([ name => 'Acme' ], [ name => org_of(1) ], [ domain => 'no.example' ],
     [ domain => 'off.example' ], [ domain => 'none.example' ], []) {
    is_deeply found(@$_), [], "organization_find: none: @$_";
}

done_testing;
