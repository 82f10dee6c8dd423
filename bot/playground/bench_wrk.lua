-- The load of `gantry bench authorizations`: every request is another event, signed when it is sent.
-- Arguments: signing secret, file with the body, first number, number of cards.
local ffi = require("ffi")
ffi.cdef [[
const void *EVP_sha256(void);
unsigned char *HMAC(const void *md, const void *key, int length, const unsigned char *data, size_t size,
                    unsigned char *out, unsigned int *out_size);
]]
local crypto
for _, name in ipairs({ "libcrypto.so.3", "crypto", "libcrypto.so.1.1" }) do
  local found, library = pcall(ffi.load, name)
  if found then crypto = library break end
end

local hex, out, size = {}, ffi.new("unsigned char[64]"), ffi.new("unsigned int[1]")
for byte = 0, 255 do hex[byte] = string.format("%02x", byte) end

local secret, parts, number, cards, sha256

function init(arguments)
  secret, number, cards = arguments[1], tonumber(arguments[3]), tonumber(arguments[4])
  local file = io.open(arguments[2], "rb")
  local body = file:read("*a")
  file:close()
  parts = {}
  local at = 1
  for first, mark, last in body:gmatch("()X(%u+)X()") do
    parts[#parts + 1] = body:sub(at, first - 1)
    parts[#parts + 1] = "X" .. mark
    at = last
  end
  parts[#parts + 1] = body:sub(at)
  sha256 = crypto.EVP_sha256()
end

function request()
  number = number + 1
  local now, card = os.time(), string.format("%06d", number * 7919 % cards)
  local values = { XID = string.format("%08x", number), XCARD = card, XNOW = tostring(now) }
  local made = {}
  for place = 1, #parts do made[place] = values[parts[place]] or parts[place] end
  local body = table.concat(made)
  local signed = now .. "." .. body
  crypto.HMAC(sha256, secret, #secret, signed, #signed, out, size)
  local proof = {}
  for place = 0, 31 do proof[place + 1] = hex[out[place]] end
  return "POST /stripe/authorizations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    .. "Accept: application/json\r\nStripe-Signature: t=" .. now .. ",v1=" .. table.concat(proof)
    .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
