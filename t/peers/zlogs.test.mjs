// What was secret on the way stands in no log.
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { assert, fixture } from './common.mjs'

const secrets = [...new Set(readFileSync(fixture.seen, 'utf8').split('\n'))]
  .filter((s) => s.length >= 8)

// As it stands in the query of a query, too.
const decoded = (text) => text.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
  String.fromCharCode(parseInt(hex, 16)))

for (const log of ['peers/error_log', 'peers/access_log', 'other/error_log',
  'other/access_log', 'api/error_log', 'api/access_log', 'peers/slapd.log',
  'peers/provider.log', 'peers/saml.log', 'peers/kdc.log'])
  test(`${log} tells no secrets`, () => {
    const path = `${fixture.logs}/${log}`
    assert.ok(existsSync(path))
    const text = decoded(decoded(readFileSync(path, 'utf8')))
    assert.ok(secrets.length > 5)
    for (const secret of secrets)
      assert.ok(!text.includes(secret), text.split('\n').find((line) =>
        line.includes(secret)))
  })
