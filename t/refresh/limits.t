# How long refresh tokens live, and how many there are.
use TPA::Test;
use TPA::User;

my $t = tenant('a');
my $connection = connection_of($t);

# An application whose tokens end by these settings, and a family that a code
# gave; its token is in {token}.
sub login {
    my ($app, %opt) = @_;
    my $s = $opt{stage} || stage($t, app => $app, connection => $connection);
    my $json = tokens_of(exchange($s, code_of($s)));

    return { %$s, token => $json->{refresh_token} };
}

sub family {
    my ($s, $columns) = @_;
    my ($row) = $t->db->rows("SELECT $columns FROM tpa_data.refresh_families f"
        . ' JOIN tpa_data.refresh_tokens t ON t.family_id = f.id'
        . ' WHERE t.token_hash = ?', Digest::SHA::sha256_hex($s->{token}));

    return @$row;
}

# Let so many seconds go by.
sub age {
    my ($s, $seconds) = @_;
    my ($id) = family($s, 'f.id');

    $t->db->rows('UPDATE tpa_data.refresh_families SET'
        . ' created_at = created_at - x, last_used_at = last_used_at - x,'
        . ' expires_at = expires_at - x, idle_expires_at = idle_expires_at - x'
        . ' FROM (SELECT ?::interval AS x) AS s WHERE id = ?',
        "$seconds seconds", $id);
    return;
}

# Use the token; the code of the answer, the token that is good now.
sub use_it {
    my ($s) = @_;
    my $answer = refresh($s, $s->{token});
    my $json = $answer->json;

    $s->{token} = $json->{refresh_token} if $json->{refresh_token};
    return $answer->code;
}

sub settings {
    my ($s, %row) = @_;

    return $t->update('clients', { client_id => $s->{app}{id} }, %row);
}

for my $rotation (qw(rotating non-rotating)) {
    my %ends = (refresh_rotation_type => $rotation,
                refresh_infinite_token_lifetime => 'f',
                refresh_token_lifetime => 1000,
                refresh_idle_token_lifetime => 100);

    # ---- the absolute end ------------------------------------------------------

    my $s = login({ %ends });

    is(int((family($s, 'round(extract(epoch FROM f.expires_at - now()) / 10)'))
           [0]), 100, "$rotation: the absolute end is fixed at the exchange");
    for my $n (1 .. 11) {
        age($s, 90);
        is(use_it($s), 200, "$rotation: used after $n times 90 of 1000 s")
            or last;
    }
    my ($left) = family($s, 'extract(epoch FROM f.expires_at - now())');

    cmp_ok($left, '<=', 10, "$rotation: no use prolongs the absolute end");
    age($s, 11);
    is_refused_grant($s, refresh($s, $s->{token}), 'refresh_alive',
                     "$rotation: after the absolute end");

    # ---- the idle end -------------------------------------------------------------

    $s = login({ %ends });
    age($s, 95);
    is(use_it($s), 200, "$rotation: shortly before the idle end");
    age($s, 95);
    is(use_it($s), 200, "$rotation: each use starts the idle time again");
    age($s, 101);
    is_refused_grant($s, refresh($s, $s->{token}), 'refresh_alive',
                     "$rotation: after the idle end");

    $s = login({ %ends });
    age($s, 101);
    is(use_it($s), 400, "$rotation: also when it was never used");

    # ---- the settings of the moment -------------------------------------------------

    $s = login({ %ends });
    settings($s, refresh_token_lifetime => 50,
             refresh_idle_token_lifetime => 20);
    age($s, 60);
    is(use_it($s), 200, "$rotation: another absolute lifetime is for new"
       . ' families only');
    age($s, 21);
    is(use_it($s), 400, "$rotation: another idle lifetime counts from the next"
       . ' use on');
    my $new = login(undef, stage => $s);

    age($new, 19);
    is(use_it($new), 200, "$rotation: a new family has the new one");
    age($new, 19);
    is(use_it($new), 200, "$rotation: and goes on");
    age($new, 13);
    is(use_it($new), 400, "$rotation: to its own absolute end");

    # ---- without an end ---------------------------------------------------------------

    $s = login({ %ends, refresh_infinite_token_lifetime => 't',
                 refresh_infinite_idle_token_lifetime => 't' });
    is_deeply([ family($s, 'f.expires_at, f.idle_expires_at') ],
              [ undef, undef ], "$rotation: no end, if the settings say so");
    age($s, 400 * 86400);
    is(use_it($s), 200, "$rotation: after a year");
    settings($s, refresh_infinite_idle_token_lifetime => 'f');
    is(use_it($s), 200, "$rotation: an idle end that is set");
    age($s, 101);
    is(use_it($s), 400, "$rotation: ends it");
}

# ---- two hundred -------------------------------------------------------------------------

my $s = stage($t, connection => $connection);
my $other = stage($t, connection => $connection, user => $s->{user});
my $foreign = family_of($other)->{token};
my @tokens;

for my $n (1 .. 199) {
    push @tokens, family_of($s,
        created_at => sprintf('2026-01-01 00:%02d:%02d+00', $n / 60, $n % 60))
        ->{token};
}
push @tokens, tokens_of(exchange($s, code_of($s)))->{refresh_token};
is(refresh($s, $tokens[$_])->code, 200, "of 200, number $_")
    for 0, 1, 100, 199;
push @tokens, tokens_of(exchange($s, code_of($s)))->{refresh_token};
is(refresh($s, $tokens[0])->code, 400, 'with the next one the oldest ends');
is(refresh($s, $tokens[$_])->code, 200, "the 200 newest live: number $_")
    for 1, 2, 100, 200;
is($t->db->value('SELECT count(*) FROM tpa_data.refresh_families'
    . ' WHERE client_id = ? AND revoked_at IS NULL', $s->{app}{id}), 200,
    'there are 200');
is(refresh($other, $foreign)->code, 200,
   'another application of the user does not count');

done_testing();
