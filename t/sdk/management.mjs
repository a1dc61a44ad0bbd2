// What the tests of the Management API share.
import { test } from 'node:test'
import { ManagementClient } from 'auth0-management'
import { assert, fixture, issuer } from './common.mjs'

export const domain = new URL(issuer).host
export const { admin } = fixture

export const connect = ({ client_id, client_secret }, options) =>
  new ManagementClient({
    domain, clientId: client_id, clientSecret: client_secret, ...options,
  })

export const api = connect(admin)

// A test that says what came out of it.
export function step(name, work) {
  test(name, async (t) => {
    const result = await work(t)
    t.diagnostic(`${name}: ${JSON.stringify(result) ?? 'done'}`)
  })
}

export async function all(pages) {
  const items = []
  for await (const item of await pages) items.push(item)
  return items
}

// A list, read to its end and beyond, with pages as they are and with small
// ones. list: called with the query. Answers with the items.
export async function everything(list, style, id) {
  const size = style === 'offset' ? 'per_page' : 'take'
  const items = await all(list({}))
  const ids = items.map(id)
  assert.equal(new Set(ids).size, ids.length, 'an item came twice')

  const small = (await all(list({ [size]: 2 }))).map(id)
  assert.deepEqual(small.sort(), [...ids].sort(), 'pages of two differ')

  if (style === 'offset') {
    const beyond = await list({ page: 99, per_page: 10 })
    assert.deepEqual(beyond.data, [], 'a page behind the end is empty')
    assert.equal(beyond.response.total, ids.length)
    assert.equal(beyond.response.start, 990)
    assert.equal(beyond.hasNextPage(), false)
  } else {
    let page = await list({ take: 2 })
    while (page.hasNextPage()) page = await page.getNextPage()
    assert.ok(!page.response.next, 'the last page has no next')
  }
  return items
}

// The error of the SDK: its class, and the body it was made of.
export async function refused(promise, name, errorCode, message) {
  let error
  try {
    await promise
  } catch (e) {
    error = e
  }
  assert.ok(error, `expected ${name}`)
  assert.equal(error.constructor.name, name, error.message)
  assert.equal(error.body.statusCode, error.statusCode)
  assert.equal(typeof error.body.error, 'string')
  if (errorCode !== undefined)
    assert.equal(error.body.errorCode, errorCode ?? undefined)
  if (message) assert.match(error.body.message, message)
  return error.body
}

// A token of an application for the API of these tests, or its refusal.
export const identifier = 'https://travel.example.com/'
export const scope = ['read:trips', 'create:trips']

export async function token(client, more) {
  const answer = await fetch(new URL('oauth/token', issuer), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials', client_id: client.client_id,
      client_secret: client.client_secret, audience: identifier, ...more,
    }),
  })
  return { status: answer.status, ...await answer.json() }
}
