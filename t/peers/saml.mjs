// A SAML identity provider that knows two people:
//   saml.mjs PORT CERTIFICATE KEY PEOPLE URL
// URL: where its one service provider takes responses. Its login is a form: identifier, password. The response is signed with the
// same key that serves TLS.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import samlp from 'samlp'

const [port, certFile, keyFile, peopleFile, takes] = process.argv.slice(2)
const cert = readFileSync(certFile, 'utf8')
const key = readFileSync(keyFile, 'utf8')
const people = JSON.parse(readFileSync(peopleFile))

const attributes = {
  'urn:oid:0.9.2342.19200300.100.1.3': 'email',
  'urn:oid:2.16.840.1.113730.3.1.241': 'name',
}

const answer = samlp.auth({
  issuer: `https://127.0.0.1:${port}/`, cert, key, signResponse: true,
  lifetimeInSeconds: 60,
  destination: takes, recipient: takes,
  getPostURL: (audience, request, req, done) => done(null, takes),
  profileMapper: (person) => ({
    getClaims: () => Object.fromEntries(Object.entries(attributes)
      .map(([oid, name]) => [oid, person[name]])),
    getNameIdentifier: () => ({
      nameIdentifier: person.sub,
      nameIdentifierFormat:
        'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    }),
  }),
})

function show(res, status, said) {
  res.writeHead(status, { 'content-type': 'text/html' }).end(
    `<!doctype html><title>Provider</title><p>${said}</p><form method="post">
<input name="identifier"><input name="password">
<button name="decision" value="login">Log in</button></form>`)
}

// The little of express that samlp asks for.
function dress(req, res, url) {
  req.query = Object.fromEntries(url.searchParams)
  req.body = {}
  res.set = (name, value) => res.setHeader(name, value)
  res.send = (text) => res.end(String(text))
}

async function serve(req, res) {
  const url = new URL(req.url, `https://127.0.0.1:${port}`)
  if (req.method !== 'POST') return show(res, 200, 'Who are you?')
  let text = ''
  for await (const part of req) text += part
  const sent = new URLSearchParams(text)
  const person = people[sent.get('identifier')]
  if (!person || person.password !== sent.get('password'))
    return show(res, 401, 'That is not right.')
  dress(req, res, url)
  req.method = 'GET'   // the request came in the query
  req.user = person
  return answer(req, res, (e) => show(res, 500, e.message))
}

createServer({ cert, key }, (req, res) =>
  serve(req, res).catch((e) => show(res, 500, e.message)))
  .listen(Number(port), '127.0.0.1')
