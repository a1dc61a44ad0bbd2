// An MCP client that knows nothing but the URL of a server:
//
//     node client.mjs https://api.localhost:8443/mcp
//
// It finds the authorization server, registers itself, has you log in with your
// browser, and lists the posts of your Organization. What it was given is kept
// in mcp-client.json; the next run needs no browser.
import dns from 'node:dns'
import { createServer } from 'node:http'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport }
  from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Provider } from './provider.mjs'

// Names below localhost are this machine (RFC 6761 6.3); not every system knows.
const { lookup } = dns
dns.lookup = (name, ...more) =>
  lookup.call(dns, name.endsWith('.localhost') ? 'localhost' : name, ...more)

const [, , where] = process.argv
if (!URL.canParse(where ?? '')) {
  console.error('usage: node client.mjs https://api.localhost:8443/mcp')
  process.exit(2)
}
const url = new URL(where)

// Where the browser brings the answer to.
let arrived
const answer = new Promise((resolve) => { arrived = resolve })
const listener = createServer((request, response) => {
  const there = new URL(request.url, provider.redirectUrl)
  if (there.pathname !== '/callback') return response.writeHead(404).end()
  response.end('You can close this page, and go back to the terminal.')
  arrived(there)
})
await new Promise((ready) => { listener.listen(0, '127.0.0.1', ready) })

const provider = new Provider({
  redirectUrl: `http://127.0.0.1:${listener.address().port}/callback`,
  file: 'mcp-client.json',
  open: (there) => console.log(`Open this in a browser:\n\n${there}\n`),
})

async function connect() {
  const client = new Client({ name: 'demo-mcp-client', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(url,
    { authProvider: provider })
  try {
    await client.connect(transport)
  } catch (e) {
    if (!(e instanceof UnauthorizedError)) throw e
    await transport.finishAuth(provider.codeOf(await answer))
    return connect()
  }
  return client
}

try {
  const client = await connect()
  const { tools } = await client.listTools()
  console.log('Tools:', tools.map((tool) => tool.name).join(', '))
  const { content } = await client.callTool({ name: 'list_posts' })
  console.log(content.map((part) => part.text).join('\n'))
  await client.close()
} catch (e) {
  console.error(`${e.message}${e.cause ? `: ${e.cause.message}` : ''}`)
  process.exitCode = 1
}
listener.close()
