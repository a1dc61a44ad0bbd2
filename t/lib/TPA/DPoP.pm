package TPA::DPoP;

# Keys and proofs of an application that binds its tokens (RFC 9449), made by
# the openssl command.

use strict;
use warnings FATAL => 'all';

use Exporter qw(import);

use TPA::JWT ();
use TPA::Tenant ();
use TPA::Test ();

our @EXPORT = qw(dpop_key proof with_proof with_nonce bound_to);

# A fresh key: {pem}, its public {jwk}, and the thumbprint {jkt} of that.
sub dpop_key {
    my ($crv) = @_;
    my $pem = TPA::JWT::key('ec', $crv ||= 'P-256');
    my $jwk = TPA::JWT::ec_jwk($pem, $crv);

    return { pem => $pem, crv => $crv, jwk => $jwk,
             jkt => TPA::JWT::thumbprint($jwk) };
}

# A proof for the token endpoint of a tenant. Claims by name; '-header' holds
# members of the header; undef leaves a claim or member out.
sub proof {
    my ($t, $key, %claims) = @_;
    my %header = (typ => 'dpop+jwt', alg => 'ES256', jwk => $key->{jwk},
                  %{ delete $claims{'-header'} || {} });

    %claims = (htm => 'POST', htu => "$t->{issuer}oauth/token", iat => time,
               jti => TPA::Tenant::text_of(22), %claims);
    for my $part (\%header, \%claims) {
        delete @$part{ grep { !defined $part->{$_} } keys %$part };
    }
    return TPA::Test::seen(TPA::JWT::sign(\%header, \%claims, $key->{pem}));
}

# The parameters of a request that carries it: with_proof(t, key, claims).
sub with_proof {
    return ('-headers' => [ DPoP => proof(@_) ]);
}

# As applications do: ask, and ask again with the nonce that was given.
# with_nonce(t, key, sub { ask(..., @_) }, claims)
sub with_nonce {
    my ($t, $key, $ask, %claims) = @_;
    my $answer = $ask->(with_proof($t, $key, %claims));

    return $answer if $answer->error ne 'use_dpop_nonce';
    return $ask->(with_proof($t, $key, %claims,
                             nonce => $answer->header('DPoP-Nonce')));
}

# The thumbprint that the access token of an answer is bound to; undef: none.
sub bound_to {
    my ($answer) = @_;
    my (undef, $claims) = TPA::JWT::decode($answer->json->{access_token});

    return $claims->{cnf} ? $claims->{cnf}{jkt} : undef;
}

1;
