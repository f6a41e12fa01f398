"""The changes of jobs in Redis, as Lua scripts: each is one round trip, and nothing comes between its reads and writes.

A job is a hash; what was queued by arq besides is the text `arq:job:<id>` and an entry of the queue.
"""

#: Adds a job, unless the same was asked before, no worker can do it, too many wait, or a run is in progress.
SUBMIT = """
local job, tombstone, counts, queue, arq_job, workers, idempotency, own, run =
    KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local id, now, life, memory, limit, message, digest, listed, kind, channel, job_prefix, arq_prefix =
    ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7], ARGV[8],
    ARGV[9], ARGV[10], ARGV[11], ARGV[12]
if digest ~= '' then
    local earlier = redis.call('GET', idempotency)
    if earlier then return {'replayed', earlier} end
end
local alive, model = false, false
for _, worker in ipairs(redis.call('SMEMBERS', workers)) do
    local state = redis.call('GET', worker)
    if state then
        alive = true
        local decoded, fields = pcall(cjson.decode, state)
        if decoded and type(fields) == 'table' and type(fields.model_version) == 'string' then model = true end
    else
        redis.call('SREM', workers, worker)
    end
end
if not alive then return {'no-worker', ''} end
if kind == 'run' then
    local holder = redis.call('GET', run)
    if holder then
        local status = redis.call('HGET', job_prefix .. holder, 'status')
        local open = status == 'queued' or status == 'running'
        if open and redis.call('EXISTS', arq_prefix .. holder) == 1 then return {'run-in-progress', holder} end
    end
elseif not model then
    return {'model-missing', ''}
end
local depth = redis.call('ZCARD', queue)
if depth >= limit then return {'queue-full', tostring(depth)} end
if kind == 'run' then redis.call('SET', run, id, 'EX', life) end
redis.call('HSET', job, unpack(ARGV, 13))
redis.call('EXPIRE', job, life)
if memory > 0 then redis.call('SET', tombstone, '', 'EX', life + memory) end
if digest ~= '' then redis.call('SET', idempotency, digest .. ' ' .. id, 'EX', life) end
if listed == '1' then
    redis.call('ZADD', own, now, id)
    redis.call('EXPIRE', own, life)
end
redis.call('HINCRBY', counts, 'queued', 1)
redis.call('SET', arq_job, message, 'EX', life)
redis.call('ZADD', queue, now, id)
redis.call('PUBLISH', channel, id)
return {'queued', id}
"""

#: Changes a job that has not ended, and returns the status it had; an ended job stays as it is.
CHANGE = """
local job, counts, queue, arq_job, run = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, status, changed, cancelled = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local before = redis.call('HGET', job, 'status')
if before ~= 'queued' and before ~= 'running' then return before end
redis.call('HSET', job, 'status', status, unpack(ARGV, 5))
redis.call('HINCRBY', job, 'version', 1)
if status ~= before then redis.call('HINCRBY', counts, status, 1) end
if status ~= 'running' then
    if redis.call('GET', run) == id then redis.call('DEL', run) end
    if status == 'done' then redis.call('HSET', job, 'done', redis.call('HGET', job, 'total') or 1) end
    if status == 'cancelled' then
        redis.call('ZREM', queue, id)
        redis.call('DEL', arq_job)
        redis.call('PUBLISH', cancelled, id)
    end
end
if status ~= 'running' or before == 'running' then redis.call('PUBLISH', changed, id) end
return before
"""
