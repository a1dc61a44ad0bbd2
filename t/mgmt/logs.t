# The log as administrators read it.
use TPA::Test;
use TPA::Mgmt;

my $m = mgmt('a');
my $t = $m->tenant;
my $mark = TPA::Tenant::hex_of(8);
my $gone = 'The log entry does not exist.';
my ($app, $user, $org) = ("app$mark", "auth0|u$mark", "org_$mark");

# Entries of our own, in the order of their ids.
my @ids = map { "9000$mark$_" } 1 .. 5;
my @rows = (
    { type => 'seccft', client_id => $app },
    { type => 'feccft', client_id => $app, ref => "ref$mark", rule => 'api' },
    { type => 'seccft', client_id => $app, user_id => $user },
    { type => 's', client_id => $app, user_id => $user,
      organization_id => $org },
    { type => 'sapi', client_id => $app },
);

for my $i (0 .. 4) {
    my $day = $i + 1;

    $t->insert('log_events', log_id => $ids[$i], description => "about $i",
               date => "2026-01-0$day 03:04:05.678+00", %{ $rows[$i] });
}
$t->update('log_events', { log_id => $ids[3] }, client_name => 'An app',
    audience => 'https://api.example.com/', scope => 'a b', ip => '192.0.2.1',
    organization_name => 'acme', connection => 'db', user_agent => 'curl',
    hostname => $t->{host}, details => '{"a":[null,{"b":1}]}');

# ---- one ------------------------------------------------------------------
is_done($m->call('GET', "logs/$ids[1]"), 200, 'an entry', {
    _id => $ids[1], log_id => $ids[1], date => '2026-01-02T03:04:05.678Z',
    type => 'feccft', client_id => $app, description => 'about 1',
    isMobile => JSON::PP::false, tracking_id => "ref$mark", rule => 'api' });
is_done($m->call('GET', "logs/$ids[3]"), 200, 'an entry with everything', {
    _id => $ids[3], log_id => $ids[3], date => '2026-01-04T03:04:05.678Z',
    type => 's', client_id => $app, description => 'about 3',
    isMobile => JSON::PP::false, client_name => 'An app',
    audience => 'https://api.example.com/', scope => 'a b', ip => '192.0.2.1',
    organization_id => $org, organization_name => 'acme', connection => 'db',
    user_agent => 'curl', hostname => $t->{host}, user_id => $user,
    details => { a => [ undef, { b => 1 } ] } });
is_done($m->call('GET', "logs/$ids[3]?fields=type,date"), 200, 'two fields',
        { type => 's', date => '2026-01-04T03:04:05.678Z' });
is_refused($m->call('GET', 'logs/nothing'), 404, undef, $gone, 'unknown');
is_refused(mgmt('b')->call('GET', "logs/$ids[0]"), 404, undef, $gone,
           'another tenant does not know it');

# ---- lists ----------------------------------------------------------------
my @searches = (
    # search, numbers of the entries
    [ "client_id:\"$app\"", 0 .. 4 ],
    [ "client_id:$app AND type:seccft", 0, 2 ],
    [ "type:\"seccft\" AND client_id:\"$app\" AND user_id:\"$user\"", 2 ],
    [ "user_id:\"$user\"", 2, 3 ],
    [ "organization_id:$org", 3 ],
    [ "log_id:$ids[4]", 4 ],
    [ "client_id:nothing$mark" ],
);

for (@searches) {
    my ($q, @expected) = @$_;
    my @newest = $m->in_every_style('logs', 'logs', scalar @expected,
                                    query => [ q => $q ], checkpoint => 1,
                                    no_far_page => 1);
    my @oldest = $m->in_every_style('logs', 'logs', scalar @expected,
                                    query => [ search => $q, sort => 'date:1' ],
                                    no_far_page => 1);

    is(join(' ', map { $_->{log_id} } @newest),
       join(' ', map { $ids[$_] } reverse @expected), "$q: newest first");
    is(join(' ', map { $_->{log_id} } @oldest),
       join(' ', map { $ids[$_] } @expected), "$q: oldest first");
}
is_done($m->call('GET', 'logs', query => [ q => "client_id:$app",
        from => $ids[1], take => 1 ]), 200, 'from an entry on, without it',
        { logs => [ $m->must('GET', "logs/$ids[2]") ], next => $ids[2] });
is_done($m->call('GET', 'logs', query => [ q => "client_id:$app",
        from => $ids[4] ]), 200, 'behind the last one', { logs => [] });

my $reach = 'You can only page through the first 10000 records; from and take'
    . ' reach all of them.';
my $forms = q(Query validation error: 'Only name:value and name:"value" are)
    . ' understood, joined by AND; names are type, client_id, user_id,'
    . " organization_id, log_id' on property";
my @refusals = (
    # query, code, message
    [ [ page => 100, per_page => 100 ], 'invalid_paging', $reach ],
    [ [ page => 200 ], 'invalid_paging', $reach ],
    [ [ page => 10000, per_page => 1 ], 'invalid_paging', $reach ],
    [ [ q => 'date:[2026 TO *]' ], 'invalid_query_string', "$forms q." ],
    [ [ search => 'failure' ], 'invalid_query_string', "$forms search." ],
    [ [ q => 'type:s OR type:f' ], 'invalid_query_string', "$forms q." ],
    [ [ q => 'type:s', search => 'type:f' ], 'invalid_query_string',
      "Query validation error: 'type is asked for more than once' on property"
      . ' search.' ],
    [ [ sort => 'type:1' ], 'invalid_query_string',
      qr/^Query validation error: 'No enum match for: type:1' on property sort/ ],
    [ [ take => 0 ], 'invalid_query_string', qr/less than minimum 1/ ],
);

for (@refusals) {
    my ($query, $code, $message) = @$_;

    is_refused($m->call('GET', 'logs', query => $query), 400, $code, $message,
               "logs of @$query");
}
is($m->call('GET', 'logs', query => [ page => 99, per_page => 100 ])->code, 200,
   'the last page that can be reached');

# ---- what happens is told -------------------------------------------------
my $role = $m->must('POST', 'roles', body => { name => "Log $mark" });
my ($event) = @{ $m->must('GET', 'logs', query => [ per_page => 1,
    q => "type:sapi AND client_id:$m->{client}{id}" ]) };

is($event->{description}, 'Create a role', 'a write is an entry at once');
is($event->{details}{request}{body}{name}, "Log $mark", 'with what was asked');

# ---- who may --------------------------------------------------------------
my $foreign = mgmt('b')->token;

for my $path ('logs', "logs/$ids[0]") {
    is_refused($m->call('GET', $path, scopes => [ 'read:users' ]), 403,
               'insufficient_scope', 'Insufficient scope, expected any of:'
               . ' read:logs,read:logs_users', "$path without its scope");
    is($m->call('GET', $path, scopes => [ $_ ])->code, 200, "$path with $_")
        for qw(read:logs read:logs_users);
    is_refused($m->call('GET', $path, token => $foreign), 401,
               'invalid_token', 'Invalid token.',
               "$path with the token of another tenant");
}

done_testing;
