// oidc-provider over PostgreSQL, as the peer of bench/compare.sh.
//   PGHOST, PGDATABASE, PGUSER  the database, filled by schema.sql
//   PORT, WORKERS               where to listen, and with how many processes
import cluster from 'node:cluster';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';
import pg from 'pg';

const workers = Number(process.env.WORKERS ?? 1);
const issuer = `http://127.0.0.1:${process.env.PORT}`;

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

  return JSON.stringify({ ...privateKey.export({ format: 'jwk' }),
    use: 'sig', alg: 'RS256', kid: 'bench' });
}

// Named, so that each connection prepares them once.
const FIND = { name: 'find', text: `SELECT payload, consumed_at FROM oidc
  WHERE id = $1 AND type = $2 AND (expires_at IS NULL OR expires_at > now())` };
const UPSERT = { name: 'upsert', text: `INSERT INTO oidc
  (id, type, payload, grant_id, uid, expires_at)
  VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
  ON CONFLICT (id, type) DO UPDATE SET payload = excluded.payload,
    expires_at = excluded.expires_at` };
const CONSUME = { name: 'consume',
  text: 'UPDATE oidc SET consumed_at = now() WHERE id = $1 AND type = $2' };
const DESTROY = { name: 'destroy',
  text: 'DELETE FROM oidc WHERE id = $1 AND type = $2' };

function adapterOver(pool) {
  return class {
    constructor(type) {
      this.type = type;
    }

    async find(id) {
      const { rows } = await pool.query({ ...FIND, values: [id, this.type] });

      return rows[0] && (rows[0].consumed_at
        ? { ...rows[0].payload, consumed: true } : rows[0].payload);
    }

    async upsert(id, payload, expiresIn) {
      await pool.query({ ...UPSERT, values: [id, this.type, payload,
        payload.grantId, payload.uid, expiresIn] });
    }

    async consume(id) {
      await pool.query({ ...CONSUME, values: [id, this.type] });
    }

    async destroy(id) {
      await pool.query({ ...DESTROY, values: [id, this.type] });
    }
  };
}

function serve() {
  const pool = new pg.Pool({ max: 10 });
  const scope = 'read:posts create:posts';
  const provider = new Provider(issuer, {
    adapter: adapterOver(pool),
    jwks: { keys: [JSON.parse(process.env.SIGNING_KEY)] },
    scopes: scope.split(' '),
    ttl: { ClientCredentials: 86400 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope, accessTokenFormat: 'jwt', accessTokenTTL: 86400,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });

  provider.on('server_error', (ctx, error) => console.error(error));
  provider.listen(Number(process.env.PORT), '127.0.0.1');
}

if (workers > 1 && cluster.isPrimary) {
  const env = { SIGNING_KEY: signingKey() };

  for (let i = 0; i < workers; i += 1) {
    cluster.fork(env);
  }
} else {
  process.env.SIGNING_KEY ??= signingKey();
  serve();
}
