// The first steps of docs/management-api.md, as a newcomer takes them: in one
// shell, from top to bottom, in a folder with the fixture of the quickstart.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync }
  from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { admin, all, api, step } from './management.mjs'
import { assert, issuer } from './common.mjs'

const text = readFileSync(new URL('management-api.md', import.meta.url), 'utf8')
const section = text.split(/^## /m).find((s) => s.startsWith('First steps'))
const blocks = section.split(/\n(?! {4}|\n)/).map((part) =>
  part.split('\n').filter((line) => /^ {4}/.test(line))
    .map((line) => line.slice(4)).join('\n')).filter(Boolean)

const folder = mkdtempSync(join(tmpdir(), 'docs-'))
mkdirSync(join(folder, 'run'))
copyFileSync(process.env.TPA_CA, join(folder, 'run/ca.pem'))
writeFileSync(join(folder, 'run/fixture.json'), JSON.stringify({ admin, issuer }))

step('every block of the first steps works', async () => {
  const before = (await all(api.clients.list())).length
  const script = blocks.map((block, i) => `echo '== ${i}'\n${block}\n`)
  const said = execFileSync('bash', ['-euo', 'pipefail', '-c',
    script.join('')], { cwd: folder, encoding: 'utf8' })
  const told = said.split(/^== \d+\n/m).slice(1)
  assert.equal(told.length, blocks.length)
  assert.match(said, /"scope": "read:trips create:trips"/)
  assert.match(said, /"error": "access_denied"/)
  assert.match(said, /"default_organization"|"flows"/)
  assert.match(said, /^"org_\w{16}"$/m)
  assert.match(said, /^"block"\n"allow"$/m)
  assert.equal((await all(api.clients.list())).length, before)
  return `${blocks.length} blocks`
})
