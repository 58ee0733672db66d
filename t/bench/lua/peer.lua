-- The same work with OpenResty's Lua module, as its experts would write it:
-- pooled connections, one pipeline a request, tables made once, hashes of
-- tokens and the configuration kept in the worker.

local cjson  = require "cjson"
local ffi    = require "ffi"
local redis  = require "nginx.redis"

local encode = cjson.encode
local null   = cjson.null
local floor  = math.floor


ffi.cdef [[
unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md);
]]

local digest = ffi.new("unsigned char[32]")
local crypto = ffi.load("crypto")

local _M = { socket = nil, slug = nil }
local hashes, seen = {}, 0
local conf = {}


-- "k:" and base64url of SHA-256, as the module stores tokens

local function token_field(token)
    local field = hashes[token]

    if field then
        return field
    end

    crypto.SHA256(token, #token, digest)
    field = "k:" .. ngx.encode_base64(ffi.string(digest, 32), true)
                        :gsub("+", "-"):gsub("/", "_")

    if seen > 1000 then
        hashes, seen = {}, 0
    end

    hashes[token] = field
    seen = seen + 1

    return field
end


local function fail(status, code)
    ngx.status = status
    ngx.header["Content-Type"] = "application/problem+json"
    ngx.print(encode { status = status, code = code })
    return ngx.exit(status)
end


-- milliseconds as RFC 3339; the day's part is kept, as many share it

local days = {}

local function instant(text)
    local ms = tonumber(text)
    if not ms then
        return null
    end

    local seconds = floor(ms / 1000)
    local second = seconds % 60
    local minute = floor(seconds / 60)
    local head = days[minute]

    if not head then
        head = os.date("!%Y-%m-%dT%H:%M:", minute * 60)
        days[minute] = head
    end

    return string.format("%s%02d.%03dZ", head, second, ms % 1000)
end


local function text(v) return v or null end
local function number(v) return tonumber(v) or null end
local function flag(v) return v == "1" end
local function percent(v) return v and tonumber(v) / 100 or null end

local function ids(v)
    local list = {}
    for id in (v or ""):gmatch("%d+") do
        list[#list + 1] = tonumber(id)
    end
    return list
end

-- member, name in Redis, conversion
local FIELDS = {
    { "version", "v", number }, { "created_at", "ct", instant },
    { "updated_at", "ut", instant }, { "created_by", "cb", number },
    { "updated_by", "ub", number }, { "name", "name", text },
    { "type", "type", text }, { "state", "state", text },
    { "active", "active", flag }, { "stage_id", "stage", number },
    { "team_id", "team", number }, { "user_id", "user", number },
    { "contact_id", "contact", number }, { "contact_name", "person", text },
    { "company_name", "company", text }, { "job_title", "job", text },
    { "email", "email", text }, { "phone", "phone", text },
    { "website", "web", text }, { "street", "street", text },
    { "city", "city", text }, { "region", "region", text },
    { "postal_code", "zip", text }, { "country", "country", text },
    { "description", "descr", text }, { "priority", "prio", number },
    { "expected_revenue", "revenue", number },
    { "recurring_revenue", "recur", number },
    { "recurring_months", "months", number },
    { "probability", "prob", percent }, { "probability_mode", "pmode", text },
    { "expected_close", "close", text }, { "tag_ids", "tags", ids },
    { "source", "source", text }, { "medium", "medium", text },
    { "campaign", "campaign", text }, { "referred_by", "referred", text },
    { "color", "color", number }, { "lost_reason_id", "reason", number },
    { "closed_at", "closed", instant }, { "converted_at", "conv", instant },
    { "assigned_at", "assigned", instant },
    { "stage_changed_at", "staged", instant }, { "merged_into", "merged", number },
}


local function object(id, reply)
    local hash = {}
    for i = 1, #reply, 2 do
        hash[reply[i]] = reply[i + 1]
    end

    local lead = { id = id, rotting = false, activity_state = null,
                   next_activity = null }

    for i = 1, #FIELDS do
        local f = FIELDS[i]
        lead[f[1]] = f[3](hash[f[2]])
    end

    return lead, hash
end


local function connect()
    local red = redis:new()

    red:set_timeout(2000)

    local ok = red:connect("unix:" .. _M.socket)
    if not ok then
        return fail(503, "store_unavailable")
    end

    return red
end


-- who asks, from the first reply; the users are read once for each version of
-- the configuration

local function caller(red, root)
    if root[1] ~= "active" then
        return fail(404, "unknown_tenant")
    end

    local token = root[7]
    if not token or token == ngx.null then
        return fail(401, "unauthorized")
    end

    local user, _, expires = token:match("^(%d+):(%d+):(%d+)")
    if expires ~= "0" and tonumber(expires) < ngx.now() * 1000 then
        return fail(401, "unauthorized")
    end

    if conf.version ~= root[2] then
        local users = red:hgetall("crm:{" .. _M.slug .. "}:conf:user")
        conf = { version = root[2], user = {} }
        for i = 1, #users, 2 do
            conf.user[users[i]] = cjson.decode(users[i + 1])
        end
    end

    local who = conf.user[user]
    if not who or who.active ~= "1" then
        return fail(401, "unauthorized")
    end

    return who
end


local function sees(who, hash)
    return who.role ~= "salesperson" or not hash.user or hash.user == who.id
end


local function ask_root(red)
    local header = ngx.var.http_authorization or ""
    local token = header:match("^[Bb]earer +(.+)")
    if not token then
        return fail(401, "unauthorized")
    end

    red:hmget("crm:{" .. _M.slug .. "}:tenant", "state", "conf", "writes",
              "id:lead", "id:contact", "id:activity", token_field(token))
end


local function answer(body, etag)
    ngx.header["Content-Type"] = "application/json"
    ngx.header["Content-Length"] = #body
    ngx.header["Cache-Control"] = "private, no-cache"
    ngx.header["ETag"] = etag
    ngx.header["X-Request-Id"] = ngx.var.request_id
    ngx.print(body)
end


function _M.lead(id)
    local red = connect()

    red:init_pipeline()
    ask_root(red)
    red:hgetall("crm:{" .. _M.slug .. "}:lead:" .. id)

    local replies = red:commit_pipeline()
    local who = caller(red, replies[1])
    local lead, hash = object(tonumber(id), replies[2])

    red:set_keepalive(60000, 128)

    if not hash.v or not sees(who, hash) then
        return fail(404, "not_found")
    end

    answer(encode(lead), '"' .. hash.v .. '"')
end


-- the newest fifty

function _M.leads()
    local red = connect()
    local prefix = "crm:{" .. _M.slug .. "}:"

    red:init_pipeline()
    ask_root(red)
    red:zrevrangebyscore(prefix .. "l:s:l1:c", "+inf", "-inf", "WITHSCORES",
                         "LIMIT", 0, 51)
    red:zrevrangebyscore(prefix .. "l:s:o1:c", "+inf", "-inf", "WITHSCORES",
                         "LIMIT", 0, 51)

    local replies = red:commit_pipeline()
    local who = caller(red, replies[1])
    local found = {}

    for set = 2, 3 do
        local reply = replies[set]
        for i = 1, #reply, 2 do
            found[#found + 1] = { tonumber(reply[i]), tonumber(reply[i + 1]) }
        end
    end

    table.sort(found, function(a, b)
        if a[2] ~= b[2] then return a[2] > b[2] end
        return a[1] > b[1]
    end)

    local n = math.min(#found, 50)

    red:init_pipeline()
    for i = 1, n do
        red:hgetall(prefix .. "lead:" .. found[i][1])
    end

    local hashes = red:commit_pipeline()
    local data = {}

    red:set_keepalive(60000, 128)

    for i = 1, n do
        local lead, hash = object(found[i][1], hashes[i])
        if sees(who, hash) then
            data[#data + 1] = lead
        end
    end

    answer(encode { data = data, next_cursor = #found > 50
                    and ngx.encode_base64(found[50][2] .. ":" .. found[50][1])
                    or null })
end


return _M
