# The SAML provider, saml.mjs, and what mod_auth_mellon knows of it. Sourced by
# run.sh, after provider.sh: it knows the same people.
[ -e "$moddir/mod_auth_mellon.so" ] || fail 'mod_auth_mellon is missing'

set_up_saml() {
    saml_port=$(free_port)
    openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=Service provider' \
        -days 2 -keyout "$etc/saml.key" -out "$etc/saml.pem" 2>/dev/null
    binding=urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect
    cat > "$etc/saml.provider.xml" <<END
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"
    entityID="https://127.0.0.1:$saml_port/">
  <IDPSSODescriptor
      protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing">
      <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
        <X509Certificate>$(grep -v -e ----- "$etc/server.pem")</X509Certificate>
      </X509Data></KeyInfo>
    </KeyDescriptor>
    <SingleSignOnService Binding="$binding"
        Location="https://127.0.0.1:$saml_port/login"/>
  </IDPSSODescriptor>
</EntityDescriptor>
END
}

start_saml() {
    start saml "$saml_port" node "$tests/saml.mjs" "$saml_port" \
        "$etc/server.pem" "$etc/server.key" "$etc/people.json" \
        "https://$here/login/corporate/mellon/postResponse"
}
