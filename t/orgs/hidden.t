# Connections without a button: found by those who ask for them. Where there is
# no other, the application is told so, with a reference that explains itself.
use TPA::Test;
use TPA::Browser;
use TPA::User;

my $t = tenant('logins');
my $b = TPA::Browser->new($t);

# The name stands in the configuration.
$t->db->rows("DELETE FROM tpa_data.connections WHERE name = 'staff'");
my $hidden = connection_of($t, name => 'staff', strategy => 'basic',
                           display_name => 'By staff');
my $shown = connection_of($t);
my %org = map { $_ => org_with($t, $_ eq 'both' ? [ $hidden, $shown ]
                                                : [ $hidden ]) }
    qw(button hidden both);

$t->update('organization_connections', {
    organization_id => $org{$_}{id}, connection_id => $hidden->{id} },
    show_as_button => 'f') for qw(hidden both);
my $app = app_of($t);

sub first_page {
    my ($org, %params) = @_;
    my $browser = $b->another;

    $browser->authorize($app, organization => $org{$org}{id}, %params);
    return $browser;
}

my $staff = qr{href="/login/staff\?ticket=};

like(first_page('button')->{page}->body, $staff, 'with a button: it is there');
my $both = first_page('both');

is($both->at, 'login', 'hidden beside another: the login page');
unlike($both->{page}->body, $staff, 'without it');
like(first_page('both', connection => 'staff')->{page}->body, $staff,
     'unless it is asked for');
like(first_page('hidden', connection => 'staff')->{page}->body, $staff,
     'also where there is no other');

my $log = main_node->error_log;
my $browser = first_page('hidden');

is($browser->at, 'error', 'no other, not asked for: the error page');
is($browser->{page}->code, 400, 'a request that cannot be served');
my ($error, $text) = $browser->told;

is($error, 'invalid_request', 'invalid_request');
like($text, qr/no connection is enabled for this client/, 'it says why');
my $line = $log->wait_for(qr/TPA0005: .* rule=connection_shown /) // '';
my ($ref) = $line =~ /\bref=(ref_\w+)/;

like($line, qr/detail="[^"]*button/, 'the log knows more');
like($browser->{page}->body, qr/\Q$ref\E/, 'the page has the reference')
    if ok($ref, 'there is one');
$t->event(ref => $ref // 'none');    # stored a moment after the answer
my ($rc, $out) = tpactl('explain', $ref // 'none');

is($rc, 0, 'tpactl explain');
like($out, qr/refused by +connection_shown$/m, 'names the check');
like($out, qr/show_as_button/, 'and what turns it around');

done_testing;
