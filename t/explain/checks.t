# Refusals by what a request presented: the log, the event and tpactl explain name
# the check, why it refused, and what turns it around.
use TPA::Test;
use TPA::User;

my $t = tenant('a');
my $s = stage($t, org => 1, app => { refresh_rotation_type => 'rotating' });

sub used_code {
    my $code = code_of($s);

    exchange($s, $code);
    return $code;
}

sub used_token {
    my $token = family_of($s)->{token};

    refresh($s, $token);
    return $token;
}

my $past = $t->db->value("SELECT now() - interval '1 minute'");
my $before = $t->db->value("SELECT now() - interval '2 minutes'");

for (
    # check, what it says of why, and how to be refused by it
    [ code_known => qr/no such code/,
      sub { exchange($s, { code => secret_text() }) } ],
    [ code_unused => qr/was exchanged\s+before/,
      sub { exchange($s, used_code()) } ],
    [ code_fresh => qr/expired/, sub { exchange($s, code_of($s,
          created_at => $before, expires_at => $past)) } ],
    [ redirect_same => qr/not the one/, sub { exchange($s, code_of($s),
          redirect_uri => 'https://app.example.com/other') } ],
    [ verifier_sent => qr/is missing/,
      sub { exchange($s, code_of($s), code_verifier => undef) } ],
    [ verifier_form => qr/43 to 128/,
      sub { exchange($s, code_of($s), code_verifier => 'short') } ],
    [ verifier_right => qr/does not\s+fit/,
      sub { exchange($s, code_of($s), code_verifier => 'x' x 43) } ],
    [ refresh_known => qr/no such refresh/,
      sub { refresh($s, secret_text()) } ],
    [ refresh_alive => qr/lifetime is\s+over/,
      sub { refresh($s, family_of($s, expires_at => $past)->{token}) } ],
    [ refresh_latest => qr/exchanged before/,
      sub { refresh($s, used_token()) } ],
    [ target_held => undef, sub { exchange($s, code_of($s),
          audience => 'https://other.example/') } ],
) {
    my ($check, $why, $ask) = @$_;

    $ask->();
    my $event = refusal_of($s, $check);

    is($event->{rule}, $check, "$check: refuses") or next;
    my ($rc, $out) = tpactl('explain', $event->{ref});

    is($rc, 0, "$check: tpactl explain");
    like($out, qr/^  refused by +\Q$check\E$/m, "$check: is named");
    like($out, qr/^  which asks +\S.*\?$/ms, "$check: asks");
    like($out, qr/^  because +.*$why/ms, "$check: says why") if $why;
    like($out, qr/^To turn it around: \S/m, "$check: and what to do");
    unlike($out, qr/is granted|not reached/, "$check: no rule is told");
    unlike($out, qr/^.{101}/m, "$check: it fits 100 columns");
    ($rc, $out) = tpactl('explain', $event->{ref}, '--json');
    my $told = JSON::PP::decode_json($out);

    is($told->{rule}, $check, "$check: for programs");
    is(scalar @{ $told->{changes} }, 1, "$check: a change");
    ok(!$told->{details}, "$check: no facts that decided nothing");
}

done_testing;
