# explain: refusals of the user flow, at each of its three points.

use strict;
use warnings FATAL => 'all';

use JSON::PP ();
use Test::More;

use TPA::Ctl;

my $json = JSON::PP->new->canonical;
my ($true, $false) = (JSON::PP::true, JSON::PP::false);
my ($db, $conn) = fresh_db();
my $n = 0;
my $org = 'org_globexglobexglob';

# Facts of a request that is granted; the cases below spoil them.
sub facts {
    my ($flow, %spoilt) = @_;
    my %facts = (
        tenant_org_names => $false,
        client_id => 'tpc_partnerpartnerpartner1',
        client_name => 'Partner reports', client_strict => $true,
        client_grant_types => [ 'authorization_code', 'refresh_token' ],
        client_via => 'manual', client_org_usage => 'allow',
        client_org_prompt => 'post_login_prompt',
        api_id => '0123456789abcdef01234567',
        api_audience => 'https://api.example.com/',
        api_scopes => ['read:posts'], api_allows_offline => $true,
        own_grant_id => 'cgr_partnerpartner12',
        own_grant_scopes => ['read:posts'],
        org_id => $org, org_name => 'globex',
        org_admits_third_party => $true, org_member => $true,
        org_uses_connection => $true,
        user_id => 'auth0|ada', user_connection_id => 'con_staff',
        user_authenticated_at => 1_700_000_000_000_000,
        user_consent_id => 'uco_1', user_consented => ['read:posts'],
        connections => [ { id => 'con_staff', name => 'staff',
                           strategy => 'auth0', domain_level => $true,
                           for_org => $true } ],
        $flow eq 'authorize'
            ? (asked_audience => 'https://api.example.com/',
               asked_organization => $org, asked_scopes => ['read:posts'],
               asked_redirect_uri => 'https://partner.example/cb',
               progress_started_at => 1_700_000_060_000_000,
               now => 1_700_000_061_000_000)
            : (held_scopes => ['read:posts'], held_org_id => $org),
    );
    return { %facts, %spoilt };
}

# Record a refusal; the facts go where the server puts them.
sub record {
    my ($ref, $flow, $facts) = @_;
    my %row = (
        log_id => sprintf('log_%06d', ++$n), ref => $ref, type => 'f',
        date => sprintf('2026-11-21 10:00:%02d+00', $n % 60),
        client_id => 'tpc_partnerpartnerpartner1',
        client_name => 'Partner reports', user_id => 'auth0|ada',
        description => 'parameter organization is invalid', rule => 'some',
        details => { flow => $flow, facts => $facts },
    );
    (my $text = $json->encode(\%row)) =~ s/'/''/g;
    psql($db, 'INSERT INTO tpa_data.log_events SELECT * FROM'
         . " json_populate_record(NULL::tpa_data.log_events, '$text')");
    return $ref;
}

ctl_ok(qw(schema apply --db), $conn, '--sql-dir', $ENV{TPA_SQLDIR});

my $pay = { type => 'pay', text => '{"type":"pay"}' };
my @cases = (
    # flow                what is spoilt             rules of the way out
    [ 'authorize', { org_admits_third_party => $false },
      'organization_admits' ],
    [ 'authorize', { org_id => undef, org_admits_third_party => $false },
      'organization_known organization_admits' ],
    [ 'authorize', { org_member => $false }, 'organization_member' ],
    [ 'authorize', { own_grant_id => undef }, 'client_grant_exists' ],
    [ 'authorize', { connections => [] }, 'connection_left' ],
    [ 'authorize', { asked_prompt => 'none', user_id => undef },
      'no_page_needed' ],
    [ 'authorization_code', { org_admits_third_party => $false },
      'organization_admits' ],
    [ 'authorization_code', { user_blocked => $true, org_member => $false },
      'user_not_blocked organization_member' ],
    [ 'refresh_token', { api_allows_offline => $false, user_consent_id => undef },
      'offline_allowed consent_stands' ],
    [ 'refresh_token', { asked_scopes => ['delete:posts'] },
      'scopes_narrowed' ],
    [ 'authorize', { asked_details => [ $pay ] }, 'details_granted' ],
    [ 'authorization_code', { held_details => [ $pay ],
        api_details_types => [ 'pay' ], own_grant_details_types => [ 'sign' ] },
      'details_granted' ],
    [ 'refresh_token', { asked_details => [ { type => 'pay',
        text => '{"n":2,"type":"pay"}' } ], held_details => [ $pay ],
        api_details_types => [ 'pay' ] }, 'details_narrowed details_granted' ],
);

plan tests => 6 * @cases + 5;

for my $i (0 .. $#cases) {
    my ($flow, $spoilt, $rules) = @{ $cases[$i] };
    my @rules = split / /, $rules;
    my $ref = record("flow$i", $flow, facts($flow, %$spoilt));
    my $told = ctl_ok('explain', $ref, '--json', '--db', $conn);
    my @refused = grep { $_->{result} eq 'refused' } @{ $told->{rules} };
    my $out;

    is "@{[ map { $_->{rule} } @refused ]}", $rules[0],
        "case $i: one rule refused";
    is scalar @{ $told->{changes} }, scalar @rules,
        "case $i: as many changes as rules in the way";
    ok $told->{granted_after_changes}, "case $i: then it is granted";
    $out = ctl_ok('explain', $ref, '--db', $conn);
    like $out, qr/^  REFUSED +\Q$rules[0]\E /m, "case $i: the mark";
    like $out, qr/^Then the same request is granted\.$/m, "case $i: the end";
    unlike $out, qr/^.{101}/m, "case $i: it fits 100 columns";
}

my $out = ctl_ok('explain', 'flow0', '--db', $conn);
like $out, qr/^  application +Partner reports \(tpc_\w+\), third-party$/m,
    'the application';
like $out, qr/^  user +auth0\|ada$/m, 'the user';
like $out, qr/^  Organization +\Q$org\E \(globex\)$/m, 'the Organization';
like $out, qr/set\s+third_party_client_access\s+of\s+Organization\s+\Q$org\E/,
    'the change names what to touch';
$out = ctl_ok('explain', 'flow8', '--db', $conn);
unlike $out, qr/organization_found|audience_named/,
    'rules of other points are not told';

drop_dbs();
