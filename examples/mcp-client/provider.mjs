// Who an MCP client is to an authorization server, and what it has been given:
// everything @modelcontextprotocol/sdk asks of an application.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

export class Provider {
  #file
  #kept = {}
  #state

  // redirectUrl: where answers go; file: where things are kept, else nowhere;
  // clientMetadataUrl: of a document that says who this is, where there is one.
  constructor({ redirectUrl, open, file, clientMetadataUrl }) {
    this.redirectUrl = redirectUrl
    this.open = open
    this.clientMetadataUrl = clientMetadataUrl
    this.#file = file
    try {
      if (file) this.#kept = JSON.parse(readFileSync(file))
    } catch (e) {
      if (e.code !== 'ENOENT') throw e
    }
  }

  #keep(name, value) {
    if (value === undefined) delete this.#kept[name]
    else this.#kept[name] = value
    if (this.#file)
      writeFileSync(this.#file, JSON.stringify(this.#kept), { mode: 0o600 })
  }

  get clientMetadata() {
    return {
      client_name: 'Demo MCP client', redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'], token_endpoint_auth_method: 'none',
    }
  }

  clientInformation() { return this.#kept.client }
  saveClientInformation(client) { this.#keep('client', client) }
  tokens() { return this.#kept.tokens }
  saveTokens(tokens) { this.#keep('tokens', tokens) }
  codeVerifier() { return this.#kept.verifier }
  saveCodeVerifier(verifier) { this.#keep('verifier', verifier) }
  discoveryState() { return this.#kept.discovery }
  saveDiscoveryState(found) { this.#keep('discovery', found) }

  invalidateCredentials(what) {
    for (const name of what === 'all' ? Object.keys(this.#kept) : [what])
      this.#keep(name, undefined)
  }

  state() {
    this.#state = randomBytes(16).toString('base64url')
    return this.#state
  }

  redirectToAuthorization(url) { return this.open(url) }

  // The code of an answer to the last request, and of no other: RFC 6749 10.12,
  // RFC 9207 2.4.
  codeOf(answer) {
    const said = Object.fromEntries(answer.searchParams)
    const { issuer } = this.#kept.discovery.authorizationServerMetadata
    if (said.state !== this.#state) throw new Error('an answer to nothing')
    if (said.iss !== issuer) throw new Error(`an answer of ${said.iss}`)
    if (said.error)
      throw new Error(`${said.error}: ${said.error_description}`)
    return said.code
  }
}
