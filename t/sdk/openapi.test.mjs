// The description of the Management API, by a validator of OpenAPI 3.1, and its
// schemas by a validator of JSON Schema: what they say is what the server does.
import { createRequire } from 'node:module'
import { Validator } from '@seriousme/openapi-schema-validator'
import { admin, api, connect, step } from './management.mjs'
import { assert, issuer } from './common.mjs'

const require = createRequire(
  import.meta.resolve('@seriousme/openapi-schema-validator'))
const Ajv = require('ajv/dist/2020.js').default
const url = new URL('api/v2/openapi.json', issuer)
const text = await (await fetch(url)).text()
const doc = JSON.parse(text)

const validity = async (document) => {
  const validator = new Validator()
  return { ...await validator.validate(document), version: validator.version }
}

const operations = Object.entries(doc.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) =>
    ({ name: `${method.toUpperCase()} ${path}`, path, method, operation })))

// ---- OpenAPI ---------------------------------------------------------------------------

step('it is a valid document of OpenAPI 3.1', async () => {
  const { valid, errors, version } = await validity(structuredClone(doc))
  assert.ok(valid, JSON.stringify(errors))
  assert.equal(version, '3.1')
  return { operations: operations.length, bytes: text.length }
})

const spoilers = {
  'without info': (d) => delete d.info,
  'a parameter without a place': (d) =>
    delete d.paths['/clients'].get.parameters[0].in,
  'an answer without a description': (d) =>
    delete d.paths['/clients'].get.responses[200].description,
  'a reference to nothing': (d) => { d.components.responses = {} },
}
for (const [name, spoil] of Object.entries(spoilers))
  step(`the validator would see: ${name}`, async () => {
    const spoilt = structuredClone(doc)
    spoil(spoilt)
    const validator = new Validator()
    const { valid } = await validator.validate(spoilt)
    assert.ok(!valid || !resolves(validator))
  })

// References are followed in a step of their own.
function resolves(validator) {
  try {
    validator.resolveRefs()
    return true
  } catch {
    return false
  }
}

step('every reference leads somewhere', async () => {
  const validator = new Validator()
  await validator.validate(structuredClone(doc))
  assert.ok(resolves(validator))
})

step('operation ids and names of parameters are unique', () => {
  const ids = operations.map((o) => o.operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const { name, operation } of operations) {
    const names = operation.parameters.map((p) => `${p.in} ${p.name}`)
    assert.equal(new Set(names).size, names.length, name)
  }
  return ids.length
})

// ---- JSON Schema -----------------------------------------------------------------------

const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true })
ajv.addKeyword('x-applications')

const schemaOf = (method, path) => doc.paths[path][method].requestBody
  .content['application/json'].schema

step('every schema is one of JSON Schema 2020-12', () => {
  let n = 0
  for (const { name, operation } of operations) {
    const schemas = [operation.requestBody, ...Object.values(
      operation.responses)].map((o) => o?.content?.['application/json'].schema)
    for (const schema of [...schemas, ...operation.parameters.map((p) =>
      p.schema)].filter((s) => s && !s.$ref)) {
      assert.ok(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`)
      ajv.compile(schema)
      n += 1
    }
  }
  assert.ok(n > 200)
  return n
})

// The server and the schema are of one mind about these bodies. What holds
// between properties is not in the schema: those bodies stand elsewhere.
const third = { name: 'x', is_first_party: false }
const bodies = [
  ['/clients', { name: 'OpenAPI' }, true],
  ['/clients', {}, false],
  ['/clients', { name: '' }, false],
  ['/clients', { name: 'x', colour: 'red' }, false],
  ['/clients', { name: 'x', description: 'd'.repeat(140) }, true],
  ['/clients', { name: 'x', description: 'd'.repeat(141) }, false],
  ['/clients', { ...third, organization_usage: 'require' }, true],
  ['/clients', { ...third, organization_usage: 'required' }, false],
  ['/clients', { ...third, jwt_configuration: { alg: 'HS256' } }, false],
  ['/clients', { ...third, jwt_configuration: { lifetime_in_seconds: 60 } },
    true],
  ['/clients', { ...third, refresh_token: { leeway: -1 } }, false],
  ['/clients', { ...third, client_metadata: { a: 'b' } }, true],
  ['/clients', { ...third, client_metadata: { a: 'b'.repeat(256) } }, false],
  ['/clients', { ...third, organization_discovery_methods: [] }, false],
  ['/clients', { ...third, default_organization: {
    organization_id: 'org_1', flows: ['password'] } }, false],
  ['/organizations', { name: 'openapi-org' }, true],
  ['/organizations', { name: 'openapi-two', metadata: { a: 'b' } }, true],
  ['/organizations', { display_name: 'x' }, false],
  ['/organizations', { name: 'openapi-3', third_party_client_access: 'deny' },
    false],
  ['/organizations', { name: 'openapi-4', branding: { colors: {} } }, false],
  ['/resource-servers', { identifier: 'urn:openapi', scopes:
    [{ value: 'a:x' }] }, true],
  ['/resource-servers', { identifier: '' }, false],
  ['/resource-servers', { identifier: 'urn:x', scopes: [{}] }, false],
  ['/resource-servers', { identifier: 'urn:x', token_lifetime: 2592001 },
    false],
  ['/roles', { name: 'OpenAPI' }, true],
  ['/roles', { description: 'x' }, false],
  ['/connections', { name: 'openapi', strategy: 'auth0' }, true],
  ['/connections', { name: 'openapi' }, false],
]

const token = (await (await fetch(new URL('oauth/token', issuer), {
  method: 'POST', body: new URLSearchParams({
    grant_type: 'client_credentials', ...admin }) })).json()).access_token

const call = (method, path, body) => fetch(new URL(`api/v2${path}`, issuer), {
  method, body: body && JSON.stringify(body), headers: {
    authorization: `Bearer ${token}`, 'content-type': 'application/json' },
})

for (const [path, body, good] of bodies)
  step(`${good ? 'taken' : 'refused'}: ${path} ${JSON.stringify(body)
    .slice(0, 90)}`, async () => {
    assert.equal(ajv.validate(schemaOf('post', path), body), good,
      ajv.errorsText())
    const answer = await call('POST', path, body)
    const { id, client_id } = await answer.json()
    assert.equal(answer.ok, good, `${answer.status}`)
    if (good) await call('DELETE', `${path}/${id ?? client_id}`)
    return answer.status
  })

// What GET gives is what PATCH takes: so it must fit the schema of PATCH, but
// for what is shown only.
step('an application as it is got fits the schema of a change', async () => {
  const made = await connect(admin).clients.create({ name: 'OpenAPI',
    is_first_party: false, callbacks: ['https://a.example.com/cb'] })
  const { client_secret, ...got } = made
  assert.ok(client_secret)
  assert.ok(ajv.validate(schemaOf('patch', '/clients/{client_id}'), got),
    ajv.errorsText())
  await api.clients.delete(made.client_id)
})
