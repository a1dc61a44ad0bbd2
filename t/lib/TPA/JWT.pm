package TPA::JWT;

# JSON Web Tokens by another way than the module's: JSON::PP and the openssl
# command.

use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256);
use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw(encode_base64url decode_base64url encode_base64);

my $json = JSON::PP->new->utf8->canonical;

sub dir {
    return $ENV{TPA_WORK} ? "$ENV{TPA_WORK}/tmp" : '/tmp';
}

sub spew {
    my ($text) = @_;
    my $file = File::Temp->new(DIR => dir());

    binmode $file;
    print $file $text;
    close $file;
    return $file;
}

# Run a command, its last argument being fed to it; what it prints.
sub pipe_through {
    my ($input, @command) = @_;
    my $in = spew($input);
    my $pid = open my $out, '-|';

    die "fork: $!" unless defined $pid;
    unless ($pid) {
        open STDIN, '<', "$in" or die $!;
        open STDERR, '>', '/dev/null';
        exec @command or die "$command[0]: $!";
    }
    binmode $out;
    my $text = do { local $/; <$out> };

    close $out;
    return defined $text ? $text : '';
}

# ---- reading ---------------------------------------------------------------

# (header, claims) of a compact JWT, nothing verified; dies if it is none.
sub decode {
    my ($jwt) = @_;
    my @parts = split /\./, $jwt, -1;

    die "not three parts\n" unless @parts == 3;
    die "not base64url\n" if grep { /[^A-Za-z0-9_-]/ } @parts;
    return map { $json->decode(decode_base64url($_)) } @parts[0, 1];
}

# ---- keys ------------------------------------------------------------------

# A fresh private key in PEM: key('rsa', 2048) or key('ec', 'P-256').
sub key {
    my ($type, $size) = @_;

    return $type eq 'ec'
        ? pipe_through('', qw(openssl genpkey -algorithm EC -pkeyopt),
                       "ec_paramgen_curve:$size")
        : pipe_through('', qw(openssl genpkey -algorithm RSA -pkeyopt),
                       "rsa_keygen_bits:$size");
}

sub public_pem {
    my ($private) = @_;

    return pipe_through($private, qw(openssl pkey -pubout));
}

# A self-signed certificate over a private key, good for some days.
sub certificate {
    my ($private, $days) = @_;
    my $key = spew($private);

    return pipe_through('', qw(openssl req -x509 -new -subj /CN=test -days),
                        $days, '-key', "$key");
}

sub der {
    my ($tag, $content) = @_;
    my $n = length $content;
    my $len = $n < 128 ? chr $n : do {
        my $bytes = pack 'N', $n;

        $bytes =~ s/^\0+//;
        chr(128 + length $bytes) . $bytes;
    };

    return chr($tag) . $len . $content;
}

sub der_integer {
    my ($bytes) = @_;

    $bytes =~ s/^\0+(?=.)//s;
    return der(2, (ord($bytes) & 0x80 ? "\0" : '') . $bytes);
}

# The public key of an RSA JWK in PEM, made from n and e alone.
sub jwk_to_pem {
    my ($jwk) = @_;
    my $key = der(0x30, join '', map { der_integer(decode_base64url($_)) }
                  @$jwk{qw(n e)});
    my $algorithm = pack 'H*', '300d06092a864886f70d0101010500';

    return "-----BEGIN PUBLIC KEY-----\n"
        . encode_base64(der(0x30, $algorithm . der(3, "\0$key")))
        . "-----END PUBLIC KEY-----\n";
}

# The public JWK of an RSA key in PEM.
sub rsa_jwk {
    my ($private) = @_;
    my ($n) = pipe_through($private, qw(openssl rsa -noout -modulus))
        =~ /^Modulus=(\w+)/ or die "no RSA key\n";

    return { kty => 'RSA', n => encode_base64url(pack 'H*', $n),
             e => 'AQAB' };
}

# RFC 7638.
sub thumbprint {
    my ($jwk) = @_;
    my @members = $jwk->{kty} eq 'EC' ? qw(crv kty x y) : qw(e kty n);

    return encode_base64url(sha256($json->encode(
        { map { $_ => $jwk->{$_} } @members })));
}

# The public JWK of a private EC key: its point ends the DER of the public key.
my %widths = ('P-256' => 32, 'P-384' => 48);

sub ec_jwk {
    my ($private, $crv) = @_;
    my $n = $widths{$crv};
    my $der = pipe_through($private, qw(openssl pkey -pubout -outform DER));

    return { kty => 'EC', crv => $crv,
             x => encode_base64url(substr $der, -2 * $n, $n),
             y => encode_base64url(substr $der, -$n) };
}

# Of its private number too: the private part of the DER starts with it.
sub ec_private_jwk {
    my ($private, $crv) = @_;
    my $text = pipe_through($private, qw(openssl pkey -noout -text));
    my ($hex) = $text =~ /priv:\s*((?:[0-9a-f]{2}:?\s*)+)/;
    my $bytes = pack 'H*', $hex =~ s/[^0-9a-f]//gr;

    $bytes = substr("\0" x 48 . $bytes, -$widths{$crv});
    return { %{ ec_jwk($private, $crv) }, d => encode_base64url($bytes) };
}

# ---- signatures --------------------------------------------------------------

my %algorithms = (
    RS256 => [ 'sha256' ],
    RS384 => [ 'sha384' ],
    RS512 => [ 'sha512' ],
    PS256 => [ 'sha256', qw(-sigopt rsa_padding_mode:pss
                            -sigopt rsa_pss_saltlen:digest) ],
    ES256 => [ 'sha256' ],
    ES384 => [ 'sha384' ],
);

# r and s one behind the other, as JWS has them (RFC 7518 3.4), from the DER
# that openssl writes.
sub raw_ecdsa {
    my ($der, $width) = @_;
    my ($r, $s) = $der =~ /^\x30.\x02(.)/s
        ? do {
            my $n = ord $1;
            my $rest = substr $der, 4 + $n;

            (substr($der, 4, $n), substr $rest, 2);
        } : ('', '');

    return join '', map { substr "\0" x $width . $_, -$width } $r, $s;
}

# Is the token signed by the RSA key of that JWK?
sub verify {
    my ($jwt, $jwk, $alg) = @_;
    my ($input, $signature) = $jwt =~ /^(.*)\.([^.]+)$/ or return 0;
    my ($digest, @options) = @{ $algorithms{ $alg || 'RS256' } };
    my $pem = spew(jwk_to_pem($jwk));
    my $sig = spew(decode_base64url($signature));

    return pipe_through($input, qw(openssl dgst), "-$digest", @options,
                        '-verify', "$pem", '-signature', "$sig")
        =~ /^Verified OK/ ? 1 : 0;
}

# Is the token signed by a key of that JWKS, the one its header names?
sub verify_with_jwks {
    my ($jwt, $jwks) = @_;
    my ($header) = eval { decode($jwt) } or return 0;
    my ($jwk) = grep { $_->{kid} eq $header->{kid} } @{ $jwks->{keys} };

    return $jwk && $header->{alg} eq 'RS256' ? verify($jwt, $jwk) : 0;
}

# sign(header, claims, private key in PEM). The algorithm is that of the
# header; "none" signs nothing, HS256 takes the key's text as its secret.
sub sign {
    my ($header, $claims, $key) = @_;
    my $input = join '.', map {
        encode_base64url(ref $_ ? $json->encode($_) : $_)
    } $header, $claims;
    my $alg = ref $header ? $header->{alg} // '' : 'none';

    return "$input." if $alg eq 'none';
    if ($alg eq 'HS256') {
        require Digest::SHA;
        return "$input."
            . encode_base64url(Digest::SHA::hmac_sha256($input, $key));
    }
    my ($digest, @options) = @{ $algorithms{$alg} || $algorithms{RS256} };
    my $pem = spew($key);
    my $signature = pipe_through($input, qw(openssl dgst), "-$digest", @options,
                                 '-sign', "$pem");

    $signature = raw_ecdsa($signature, $alg eq 'ES256' ? 32 : 48)
        if $alg =~ /^ES/;
    return "$input." . encode_base64url($signature);
}

1;
