# explain: the story of a refusal, and the way out of it.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use Test::More;

use TPA::Ctl;

my $json = JSON::PP->new->canonical;
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my ($db, $conn) = fresh_db();
my $n = 0;

# Facts of a request that is granted; the cases below spoil them.
sub facts {
    return {
        asked_audience => 'https://api.example.com/',
        asked_scopes => ['read:posts'],
        asked_org => 'org_globexglobexglob',
        tenant_third_party_m2m => $true,
        client_id => 'tpc_partnerpartnerpartner1',
        client_name => 'Partner reports',
        client_auth_method => 'client_secret_post',
        client_grant_types => ['client_credentials'],
        client_strict => $true, client_via => 'manual',
        api_id => '0123456789abcdef01234567',
        api_audience => 'https://api.example.com/',
        api_scopes => [ map { "$_:posts" } qw(create read update delete) ],
        api_token_lifetime => 86400,
        own_grant_id => 'cgr_partnerpartner12',
        own_grant_scopes => ['read:posts'], own_grant_org_usage => 'require',
        org_id => 'org_globexglobexglob', org_name => 'globex',
        org_granted => $true,
        @_,
    };
}

# Record a refusal; the facts, if any, go where the server puts them.
sub record {
    my ($ref, $facts, %event) = @_;
    my %row = (
        log_id => sprintf('log_%06d', ++$n), ref => $ref, type => 'feccft',
        date => sprintf('2026-11-21 10:00:%02d+00', $n % 60),
        client_id => 'tpc_partnerpartnerpartner1',
        client_name => 'Partner reports', ip => '192.0.2.7',
        description => 'Client is not authorized for this organization',
        audience => 'https://api.example.com/', rule => 'organization_granted',
        ($facts ? (details => { flow => 'client_credentials',
                                facts => $facts }) : ()),
        %event,
    );
    (my $text = $json->encode(\%row)) =~ s/'/''/g;
    psql($db, 'INSERT INTO tpa_data.log_events SELECT * FROM'
         . " json_populate_record(NULL::tpa_data.log_events, '$text')");
    return $ref;
}

my @sql = ('--sql-dir', $ENV{TPA_SQLDIR});
ctl_ok(qw(schema apply --db), $conn, @sql);

my @cases = (
    # what is spoilt                             rules of the way out
    [ { org_granted => $false },                 'organization_granted' ],
    [ { org_id => undef, org_granted => $false },
                              'organization_known organization_granted' ],
    [ { own_grant_org_usage => 'deny' },         'organization_usable' ],
    [ { asked_org => undef },
                              'organization_present organization_granted' ],
    [ { asked_scopes => [ 'read:posts', 'delete:posts' ] }, 'scopes_granted' ],
    [ { own_grant_id => undef, org_granted => $false },
      'client_grant_exists organization_usable organization_granted' ],
    [ { api_client_denied => $true, client_grant_types => [] },
      'grant_type_enabled api_admits_machines' ],
    [ { client_via => 'dynamic', tenant_third_party_m2m => $false },
      'third_party_switch third_party_by_hand' ],
);

plan tests => 8 * @cases + 43;

my ($code, $out, $err) = ctl(qw(explain --latest --db), $conn);
is $code, 4, 'nothing is recorded';
like $err, qr/no refusal is recorded/, 'it says so';
($code, $out, $err) = ctl(qw(explain abc --db), $conn);
is $code, 4, 'an unknown reference';
like $err, qr/abc.*error\s+log/s, 'it says where references stand';

for my $i (0 .. $#cases) {
    my ($spoilt, $rules) = @{ $cases[$i] };
    my @rules = split / /, $rules;
    my $ref = record("case$i", facts(%$spoilt));
    my $told = ctl_ok('explain', $ref, '--json', '--db', $conn);
    my @refused = grep { $_->{result} eq 'refused' } @{ $told->{rules} };

    is "@{[ map { $_->{rule} } @refused ]}", $rules[0],
        "case $i: one rule refused";
    is scalar @{ $told->{changes} }, scalar @rules,
        "case $i: as many changes as rules in the way";
    ok $told->{granted_after_changes}, "case $i: then it is granted";
    $out = ctl_ok('explain', $ref, '--db', $conn);
    like $out, qr/^  REFUSED +\Q$rules[0]\E /m, "case $i: the mark";
    like $out, qr/^To turn it around: \S/m, "case $i: the change";
    is scalar(() = $out =~ /^After that: \S/mg), @rules - 1,
        "case $i: the further changes";
    like $out, qr/^Then the same request is granted\.$/m, "case $i: the end";
    unlike $out, qr/^.{101}/m, "case $i: it fits 100 columns";
}

# ---- what is printed ------------------------------------------------------
$out = ctl_ok('explain', 'case0', '--db', $conn);
like $out, qr/^Refusal case0$/m, 'the reference';
like $out, qr/^  time +2026-11-21.10:00:01/m, 'the time';
like $out, qr/^  application +Partner reports \(tpc_\w+\), third-party$/m,
    'the application';
like $out, qr{^  API +https://api\.example\.com/$}m, 'the API';
like $out, qr/^  Organization +org_globexglobexglob \(globex\)$/m,
    'the Organization';
like $out, qr/^  was told +Client is not authorized for this organ/m,
    'what the caller was told';
like $out, qr/^  passed +organization_known +Does that Organ/m, 'a question';
like $out, qr/^ +saw: organization: org_globexglobexglob; found/m,
    'what it saw';
like $out, qr/add client grant cgr_partnerpartner12 to Organization/,
    'the change names what to touch';
my @marks = $out =~ /^  (passed|REFUSED|not reached) +[a-z_]+ /mg;
is "@marks", join(' ', ('passed') x $#marks, 'REFUSED'),
    'the rules before it passed';
cmp_ok scalar @marks, '>', 12, 'all rules are there';
$out = ctl_ok('explain', 'case6', '--db', $conn);
@marks = $out =~ /^  (passed|REFUSED|not reached) +[a-z_]+ /mg;
is "@marks", join(' ', 'REFUSED', ('not reached') x $#marks),
    'the rules after it were not reached';
is scalar(() = $out =~ /saw: /g), 1, 'those saw nothing';
unlike $out, qr/\e/, 'no colours without a terminal';
my $before = psql($db, 'SELECT count(*), max(xmin::text) FROM'
                  . ' tpa_data.log_events');
ctl_ok('explain', 'case0', '--db', $conn);
is psql($db, 'SELECT count(*), max(xmin::text) FROM tpa_data.log_events'),
    $before, 'it changes nothing';

# ---- refusals without facts -----------------------------------------------
record('noauth', undef, client_id => 'nobody', client_name => undef,
       rule => 'client_known', description => 'Client authentication failed',
       details => { why => "no such client\e[2J" });
$out = ctl_ok(qw(explain noauth --db), $conn);
like $out, qr/^  application +nobody$/m, 'who was named';
like $out, qr/^  was told +Client authentication failed$/m, 'what was told';
like $out, qr/^  refused by +client_known$/m, 'what refused';
like $out, qr/^  details .*no such client/m, 'what else is known';
unlike $out, qr/\e/, 'nothing a terminal would obey';
unlike $out, qr/turn it around/, 'no change is made up';
my $told = ctl_ok(qw(explain noauth --json --db), $conn);
is_deeply $told->{details}, { why => "no such client\e[2J" },
    'details for programs';
ok !exists $told->{rules}, 'no rules for programs';
record('empty', undef, map { $_ => undef } qw(client_id client_name ip
       description audience rule));
like ctl_ok(qw(explain empty --db), $conn), qr/^Refusal empty$/m,
    'a record that says nothing';
record('odd', undef, details => { flow => 'client_credentials',
                                  facts => [ 1, { a => undef } ] });
like ctl_ok(qw(explain odd --db), $conn), qr/^  REFUSED /m,
    'facts that are none';
record('flow', facts(), details => { flow => 'tea', facts => facts() });
like ctl_ok(qw(explain flow --db), $conn), qr/before any rule/,
    'facts of a flow that is not known';

# ---- input that wants to be more than text --------------------------------
record('wide', facts(client_name => "\e]0;x\a\x{202e}", org_granted => $false,
                     asked_scopes => [ map { "read:$_" } 1 .. 60 ]),
       client_name => "Evil\e[31m\nRefusal forged", scope => 'x' x 280,
       audience => 'https://api.example.com/' . 'long' x 100);
$out = ctl_ok(qw(explain wide --db), $conn);
unlike $out, qr/[\e\a]/, 'control bytes are shown escaped';
unlike $out, qr/^Refusal forged/m, 'no line is forged';
unlike $out, qr/^.{101}/m, 'long words are broken';
like $out, qr/^  scopes +x{84}$/m, 'at the margin';

# ---- the newest -----------------------------------------------------------
record('mine', facts(org_granted => $false), client_id => 'mine');
record('yours', facts(org_granted => $false), client_id => 'yours');
like ctl_ok(qw(explain --latest --db), $conn), qr/^Refusal yours$/m,
    'the newest';
like ctl_ok(qw(explain --latest --client mine --db), $conn),
    qr/^Refusal mine$/m, 'the newest of one application';
psql($db, q{INSERT INTO tpa_data.log_events (log_id, date, type, client_id)
            VALUES ('log_999999', now(), 'seccft', 'mine')});
like ctl_ok(qw(explain --latest --client mine --db), $conn),
    qr/^Refusal mine$/m, 'a success is no refusal';
($code, $out, $err) = ctl(qw(explain --latest --client none --db), $conn);
is $code, 4, 'an application without refusals';
like $err, qr/application none/, 'it says so';
$told = ctl_ok(qw(explain --latest --json --db), $conn);
is $told->{ref}, 'yours', 'for programs: the reference';
is $told->{rule}, 'organization_granted', 'for programs: the rule';
is $told->{client_id}, 'yours', 'for programs: the application';
is ref $told->{first_party}, ref $false, 'for programs: its party';
