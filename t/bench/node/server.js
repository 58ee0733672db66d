// The same work in Node, as its experts would write it: Fastify with a schema
// for its serialiser, one ioredis connection with auto-pipelining, hashes of
// tokens and the configuration kept in the process.
//
//   node server.js PORT REDIS_SOCKET SLUG

import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import Redis from 'ioredis';

const [port, socket, slug] = process.argv.slice(2);
const prefix = `crm:{${slug}}:`;
const redis = new Redis({ path: socket, enableAutoPipelining: true });

const text = (v) => v ?? null;
const number = (v) => (v === undefined ? null : Number(v));
const percent = (v) => (v === undefined ? null : Number(v) / 100);
const flag = (v) => v === '1';
const instant = (v) =>
    v === undefined ? null : new Date(Number(v)).toISOString();
const ids = (v) => (v ? v.split(',').map(Number) : []);

const string = { type: ['string', 'null'] };
const integer = { type: ['integer', 'null'] };
const real = { type: ['number', 'null'] };
const bool = { type: 'boolean' };
const list = { type: 'array', items: { type: 'integer' } };

// member, name in Redis, conversion, schema
const FIELDS = [
    ['version', 'v', number, integer], ['created_at', 'ct', instant, string],
    ['updated_at', 'ut', instant, string], ['created_by', 'cb', number, integer],
    ['updated_by', 'ub', number, integer], ['name', 'name', text, string],
    ['type', 'type', text, string], ['state', 'state', text, string],
    ['active', 'active', flag, bool], ['stage_id', 'stage', number, integer],
    ['team_id', 'team', number, integer], ['user_id', 'user', number, integer],
    ['contact_id', 'contact', number, integer],
    ['contact_name', 'person', text, string],
    ['company_name', 'company', text, string],
    ['job_title', 'job', text, string], ['email', 'email', text, string],
    ['phone', 'phone', text, string], ['website', 'web', text, string],
    ['street', 'street', text, string], ['city', 'city', text, string],
    ['region', 'region', text, string], ['postal_code', 'zip', text, string],
    ['country', 'country', text, string],
    ['description', 'descr', text, string], ['priority', 'prio', number, integer],
    ['expected_revenue', 'revenue', number, integer],
    ['recurring_revenue', 'recur', number, integer],
    ['recurring_months', 'months', number, integer],
    ['probability', 'prob', percent, real],
    ['probability_mode', 'pmode', text, string],
    ['expected_close', 'close', text, string], ['tag_ids', 'tags', ids, list],
    ['source', 'source', text, string], ['medium', 'medium', text, string],
    ['campaign', 'campaign', text, string],
    ['referred_by', 'referred', text, string],
    ['color', 'color', number, integer],
    ['lost_reason_id', 'reason', number, integer],
    ['closed_at', 'closed', instant, string],
    ['converted_at', 'conv', instant, string],
    ['assigned_at', 'assigned', instant, string],
    ['stage_changed_at', 'staged', instant, string],
    ['merged_into', 'merged', number, integer],
];

const leadSchema = {
    type: 'object',
    properties: Object.fromEntries([
        ['id', { type: 'integer' }],
        ...FIELDS.map(([name, , , schema]) => [name, schema]),
        ['rotting', bool], ['activity_state', string],
        ['next_activity', { type: 'null' }],
    ]),
};

function object(id, hash) {
    const lead = { id };

    for (const [name, stored, convert] of FIELDS) {
        lead[name] = convert(hash[stored]);
    }

    lead.rotting = false;
    lead.activity_state = null;
    lead.next_activity = null;

    return lead;
}

class Problem extends Error {
    constructor(status, code) {
        super(code);
        this.statusCode = status;
    }
}

const hashes = new Map();

function tokenField(header) {
    const token = /^bearer +(.+)/i.exec(header ?? '')?.[1];
    if (!token) throw new Problem(401, 'unauthorized');

    let field = hashes.get(token);

    if (!field) {
        field = 'k:' + createHash('sha256').update(token).digest('base64url');
        if (hashes.size > 1000) hashes.clear();
        hashes.set(token, field);
    }

    return field;
}

const askRoot = (request) =>
    redis.hmget(prefix + 'tenant', 'state', 'conf', 'writes', 'id:lead',
                'id:contact', 'id:activity',
                tokenField(request.headers.authorization));

let conf = { version: null, user: {} };

async function caller(root) {
    if (root[0] !== 'active') throw new Problem(404, 'unknown_tenant');
    if (!root[6]) throw new Problem(401, 'unauthorized');

    const [user, , expires] = root[6].split(':');

    if (expires !== '0' && Number(expires) < Date.now()) {
        throw new Problem(401, 'unauthorized');
    }

    if (conf.version !== root[1]) {
        const users = await redis.hgetall(prefix + 'conf:user');

        conf = { version: root[1], user: {} };
        for (const id in users) conf.user[id] = JSON.parse(users[id]);
    }

    const who = conf.user[user];
    if (who?.active !== '1') throw new Problem(401, 'unauthorized');

    return who;
}

const sees = (who, hash) =>
    who.role !== 'salesperson' || !hash.user || hash.user === who.id;

const app = Fastify({ logger: false });

function headers(request, reply, etag) {
    reply.header('Cache-Control', 'private, no-cache');
    reply.header('X-Request-Id', request.id);
    if (etag) reply.header('ETag', etag);
}

app.get('/node/leads/:id', { schema: { response: { 200: leadSchema } } },
    async (request, reply) => {
        const id = request.params.id;
        const [root, hash] = await Promise.all([
            askRoot(request), redis.hgetall(`${prefix}lead:${id}`),
        ]);
        const who = await caller(root);

        if (!hash.v || !sees(who, hash)) throw new Problem(404, 'not_found');

        headers(request, reply, `"${hash.v}"`);
        return object(Number(id), hash);
    });

app.get('/node/leads', {
    schema: {
        response: {
            200: {
                type: 'object',
                properties: {
                    data: { type: 'array', items: leadSchema },
                    next_cursor: string,
                },
            },
        },
    },
}, async (request, reply) => {
    const range = (key) => redis.zrevrangebyscore(
        prefix + key, '+inf', '-inf', 'WITHSCORES', 'LIMIT', 0, 51);
    const [root, leads, deals] = await Promise.all([
        askRoot(request), range('l:s:l1:c'), range('l:s:o1:c'),
    ]);
    const who = await caller(root);
    const found = [];

    for (const reply of [leads, deals]) {
        for (let i = 0; i < reply.length; i += 2) {
            found.push([Number(reply[i]), Number(reply[i + 1])]);
        }
    }

    found.sort((a, b) => b[1] - a[1] || b[0] - a[0]);

    const page = found.slice(0, 50);
    const rows = await Promise.all(
        page.map(([id]) => redis.hgetall(`${prefix}lead:${id}`)));
    const data = [];

    rows.forEach((hash, i) => {
        if (sees(who, hash)) data.push(object(page[i][0], hash));
    });

    headers(request, reply);

    return {
        data,
        next_cursor: found.length > 50
            ? Buffer.from(`${page[49][1]}:${page[49][0]}`).toString('base64')
            : null,
    };
});

await app.listen({ host: '127.0.0.1', port: Number(port) });
