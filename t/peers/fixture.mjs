// What run.sh tells the tests, and what they tell the test of the logs.
import { appendFileSync, readFileSync } from 'node:fs'

export const fixture = JSON.parse(readFileSync(process.env.TPA_FIXTURE))

// What no log may show.
export function seen(...texts) {
  for (const text of texts)
    if (text) appendFileSync(fixture.seen, `${text}\n`)
  return texts[0]
}
