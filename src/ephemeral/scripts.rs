//! The Lua that makes each operation on Redis one step, and the record it works on.
//!
//! A record is text and bytes: version (16 hexadecimal digits, all zero when spent; for a counter its decimal
//! value), end (16 decimal digits of microseconds, so that strings compare as numbers), length of the note (8
//! decimal digits), note, value. Every script names one key, so it runs in a cluster.

use crate::base::Timestamp;

/// The largest integer Lua's numbers hold exactly.
const MAX: i64 = (1 << 53) - 1;
const HEAD: usize = 40;

/// A script and the name Redis knows it by once it ran.
pub(super) struct Script {
    pub(super) text: &'static str,
    pub(super) sha1: String,
}

impl Script {
    pub(super) fn new(text: &'static str) -> Self {
        // EVALSHA names scripts by SHA-1; nothing is protected by it.
        let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
        let digest = aws_lc_rs::digest::digest(algorithm, text.as_bytes());
        Self { text, sha1: digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect() }
    }
}

/// ARGV: now, record, milliseconds. Keeps the record unless something unexpired is there.
pub(super) const PUT_NEW: &str = "
local cur = redis.call('GET', KEYS[1])
if cur and string.sub(cur, 17, 32) > ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1";

/// ARGV: now, old version, new version, end, milliseconds, value. The note stays.
pub(super) const SWAP: &str = "
local cur = redis.call('GET', KEYS[1])
if not cur or string.sub(cur, 17, 32) <= ARGV[1] or string.sub(cur, 1, 16) ~= ARGV[2] then return 0 end
local head = string.sub(cur, 33, 40 + tonumber(string.sub(cur, 33, 40)))
redis.call('SET', KEYS[1], ARGV[3] .. ARGV[4] .. head .. ARGV[6], 'PX', ARGV[5])
return 1";

/// ARGV: now, end, milliseconds.
pub(super) const TOUCH: &str = "
local cur = redis.call('GET', KEYS[1])
if not cur or string.sub(cur, 17, 32) <= ARGV[1] then return 0 end
if string.sub(cur, 1, 16) == '0000000000000000' then return 0 end
redis.call('SET', KEYS[1], string.sub(cur, 1, 16) .. ARGV[2] .. string.sub(cur, 33), 'PX', ARGV[3])
return 1";

/// ARGV: now, tombstone in microseconds. Answers the record as it was: of version zero when already spent.
pub(super) const TAKE: &str = "
local cur = redis.call('GET', KEYS[1])
if not cur or string.sub(cur, 17, 32) <= ARGV[1] then return false end
if string.sub(cur, 1, 16) == '0000000000000000' then return cur end
local stays = tonumber(ARGV[2])
local ends = math.min(tonumber(string.sub(cur, 17, 32)) + stays, 9007199254740991)
local left = math.max(redis.call('PTTL', KEYS[1]), 0) + math.ceil(stays / 1000)
local head = string.sub(cur, 33, 40 + tonumber(string.sub(cur, 33, 40)))
local spent = '0000000000000000' .. string.format('%016.0f', ends) .. head
redis.call('SET', KEYS[1], spent, 'PX', string.format('%.0f', math.max(left, 1)))
return cur";

/// ARGV: now, end of a new window, milliseconds of it.
pub(super) const COUNT: &str = "
local cur = redis.call('GET', KEYS[1])
if cur and string.sub(cur, 17, 32) > ARGV[1] then
  local n = tonumber(string.sub(cur, 1, 16)) + 1
  redis.call('SET', KEYS[1], string.format('%016.0f', n) .. string.sub(cur, 17), 'KEEPTTL')
  return n
end
redis.call('SET', KEYS[1], '0000000000000001' .. ARGV[2] .. '00000000', 'PX', ARGV[3])
return 1";

/// ARGV: now. Takes one back from a window that runs, never below zero.
pub(super) const UNCOUNT: &str = "
local cur = redis.call('GET', KEYS[1])
if cur and string.sub(cur, 17, 32) > ARGV[1] then
  local n = tonumber(string.sub(cur, 1, 16)) - 1
  if n >= 0 then
    redis.call('SET', KEYS[1], string.format('%016.0f', n) .. string.sub(cur, 17), 'KEEPTTL')
    return n
  end
end
return 0";

/// A record as read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// Hexadecimal for values, decimal for counters.
    pub(super) version: &'a str,
    pub(super) expires_at: Timestamp,
    pub(super) note: &'a [u8],
    pub(super) value: &'a [u8],
}

impl<'a> Record<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let head = std::str::from_utf8(head).ok()?;
        let (note, value) = rest.split_at_checked(head.get(32..)?.parse().ok()?)?;
        let expires_at = Timestamp::from_micros(head.get(16..32)?.parse().ok()?);
        Some(Self { version: head.get(..16)?, expires_at, note, value })
    }

    pub(super) fn is_spent(&self) -> bool {
        self.version.bytes().all(|byte| byte == b'0')
    }
}

/// A record to be kept.
pub(super) fn record(version: u64, end: Timestamp, note: &[u8], value: &[u8]) -> Vec<u8> {
    let head = format!("{version:016x}{}{:08}", digits(end.micros()), note.len());
    [head.as_bytes(), note, value].concat()
}

/// A point in time as records hold it.
pub(super) fn digits(micros: i64) -> String {
    format!("{:016}", micros.clamp(0, MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_back() {
        let end = Timestamp::from_seconds(1_800_000_000);
        let bytes = record(0xabc, end, b"note", b"value");
        let read = Record::parse(&bytes).unwrap();
        assert_eq!(read.version, "0000000000000abc");
        assert_eq!((read.expires_at, read.note, read.value), (end, &b"note"[..], &b"value"[..]));
        assert!(!read.is_spent());
        for bad in [&b""[..], b"short", &bytes[..42], &[0xff; 60]] {
            assert_eq!(Record::parse(bad), None);
        }
    }
}
