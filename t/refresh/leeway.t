# The leeway: for some seconds the token that was just exchanged gives the same
# successor, on any node; nothing else does.
use TPA::Test;
use TPA::User;

my $t = tenant('a');
my $other = TPA::Node->new('leeway')->start;
my $elsewhere = tenant('a', node => $other);
my $s = stage($t, org => 1, app => { refresh_rotation_type => 'rotating',
                                     refresh_leeway => 60 });
my $there = { %$s, t => $elsewhere };

# Let so many seconds have gone by since a token was exchanged.
sub age {
    my ($token, $seconds) = @_;

    $t->db->rows('UPDATE tpa_data.refresh_tokens SET exchanged_at ='
        . ' exchanged_at - ?::interval WHERE token_hash = ?',
        "$seconds seconds", Digest::SHA::sha256_hex($token));
    return;
}

sub next_of { return tokens_of(refresh($_[0], $_[1]))->{refresh_token} }

# ---- the same successor ------------------------------------------------------------

my $family = family_of($s);
my $first = $family->{token};
my $second = next_of($s, $first);
my %answers = map { $_ => 1 } map { (next_of($s, $first), next_of($there, $first)) }
    1 .. 3;

is_deeply([ keys %answers ], [ $second ],
          'the token before gives the same successor, on both nodes');
is($t->db->value('SELECT generation FROM tpa_data.refresh_families WHERE id = ?',
                 $family->{id}), 2, 'and makes no more of them');
my $access = tokens_of(refresh($there, $first))->{access_token};

is((TPA::JWT::decode($access))[1]{gty}, 'refresh_token',
   'with an access token of its own');
is($t->event(client_id => $s->{app}{id}, type => 'sertft')
   ->{details}{tokenCounter}, 1, 'which is recorded');
is(tokens_of(refresh($s, $first, scope => 'read:things'))->{scope},
   'read:things', 'the repetition may ask for less');

# ---- how it ends --------------------------------------------------------------------

my $third = next_of($there, $second);

isnt($third, $second, 'the successor works');
is_refused_grant($s, refresh($s, $first), 'refresh_latest',
                 'once it was used, the one before it is an old one');
is_error(refresh($s, $third), 400, 'invalid_grant', 'and ends the family');

for (
    # leeway, seconds gone by, the answer
    [ 60, 50, 200, 'within the leeway' ],
    [ 60, 61, 400, 'after the leeway' ],
    [ 0,  0,  400, 'without a leeway, at once' ],
    [ 5,  10, 400, 'the leeway is the one of now: shorter' ],
    [ 86400, 61, 200, 'the leeway is the one of now: longer' ],
) {
    my ($leeway, $gone, $code, $name) = @$_;
    my $first = family_of($s)->{token};
    my $second = next_of($s, $first);

    $t->update('clients', { client_id => $s->{app}{id} },
               refresh_leeway => $leeway);
    age($first, $gone) if $gone;
    is(refresh($s, $first)->code, $code, $name);
    is(refresh($s, $second)->code, $code, "$name: what becomes of the other");
    $t->update('clients', { client_id => $s->{app}{id} },
               refresh_leeway => 60);
}

# An application that stopped rotating still hears what it missed.
$first = family_of($s)->{token};
$second = next_of($s, $first);
$t->update('clients', { client_id => $s->{app}{id} },
           refresh_rotation_type => 'non-rotating');
is(next_of($s, $first), $second, 'the answer that was lost, after a change');
$t->update('clients', { client_id => $s->{app}{id} },
           refresh_rotation_type => 'rotating');

# ---- what is kept --------------------------------------------------------------------

$first = family_of($s)->{token};
$second = next_of($s, $first);
my $kept = join ' ', map { $_->[0] } $t->db->rows(
    'SELECT t::text FROM tpa_data.refresh_tokens t');

unlike($kept, qr/\Q$_\E/, 'no token lies open in the database')
    for $first, $second;
my $sealed = $t->db->value('SELECT successor FROM tpa_data.refresh_tokens'
    . ' WHERE token_hash = ?', Digest::SHA::sha256_hex($first));

like($sealed, qr/^eyJ[^.]+\.\.[^.]+\.[^.]+\.[^.]+$/,
     'its successor is a sealed box');
next_of($s, $second);
is($t->db->value('SELECT successor FROM tpa_data.refresh_tokens'
    . ' WHERE token_hash = ?', Digest::SHA::sha256_hex($first)), undef,
   'which goes when nobody can ask for it any more');

# A box that cannot be opened is our fault, and tells nothing.
$first = family_of($s)->{token};
next_of($s, $first);
$t->update('refresh_tokens', { token_hash => Digest::SHA::sha256_hex($first) },
           successor => $sealed);
is_error(refresh($s, $first), 500, 'server_error',
         'a box sealed under another token');

# ---- theft is noticed whatever else is wrong --------------------------------------------

for (
    [ 'a scope that was not granted', scope => 'admin:things' ],
    [ 'another API', resource => 'https://other.example/' ],
) {
    my ($name, @change) = @$_;
    my $first = family_of($s)->{token};
    my $second = next_of($s, $first);

    $second = next_of($s, $second);
    is_refused_grant($s, refresh($s, $first, @change), 'refresh_latest',
                     "an old token with $name");
    is_error(refresh($s, $second), 400, 'invalid_grant',
             "an old token with $name ends the family");

    # While a lost answer with the same mistake ends nothing.
    $first = family_of($s)->{token};
    $second = next_of($s, $first);
    isnt(refresh($s, $first, @change)->code, 200, "the token before, $name");
    is(refresh($s, $second)->code, 200, "the token before, $name: no harm");
}

$other->stop;
done_testing();
