/// Counts how often each row of a file has occurred, in 9 bytes a slot.
///
/// A row is known by 64 bits of its digest. Should two different rows ever share them, the second
/// gets the number 2 where 1 would do: another UUID, but a UUID of its own, and the same each time.
///
/// Slots are kept in shards that grow one by one, so that growing never doubles the memory: 18 to
/// 24 MiB for a million different rows, and never more than 300 MiB.
struct OccurrenceTable {
  /// Different rows in one file; one more is refused.
  static let rowsMax = 16_000_000

  /// There are more different rows than are counted.
  struct Full: Error {}

  private static let shardBits = 4

  private struct Shard {
    /// 0 is an empty slot.
    var keys: [UInt64]
    /// At most 255; the rest is among the `many`.
    var counts: [UInt8]
    var used = 0

    init(slots: Int) {
      keys = [UInt64](repeating: 0, count: slots)
      counts = [UInt8](repeating: 0, count: slots)
    }

    /// The slot that holds `key`, or the empty one where it belongs.
    func slot(of key: UInt64) -> Int {
      let mask = keys.count - 1
      var slot = Int(truncatingIfNeeded: key) & mask
      while keys[slot] != 0, keys[slot] != key { slot = (slot + 1) & mask }
      return slot
    }

    mutating func grow() {
      var larger = Shard(slots: keys.count * 2)
      for (slot, key) in keys.enumerated() where key != 0 {
        let place = larger.slot(of: key)
        larger.keys[place] = key
        larger.counts[place] = counts[slot]
      }
      larger.used = used
      self = larger
    }
  }

  private var shards = [Shard](repeating: Shard(slots: 64), count: 1 << shardBits)
  private var rows = 0
  /// Counts beyond what a slot holds: for at most one row in 255.
  private var many: [UInt64: UInt32] = [:]

  /// Counts one more row of that digest, and gives how many there are now.
  mutating func count(_ digest: UInt64) throws(Full) -> UInt32 {
    let key = digest == 0 ? 1 : digest
    let shard = Int(truncatingIfNeeded: key >> (64 - Self.shardBits))
    let slot = shards[shard].slot(of: key)
    if shards[shard].keys[slot] == 0 {
      guard rows < Self.rowsMax else { throw Full() }
      rows += 1
      return insert(key, shard, slot)
    }
    if shards[shard].counts[slot] < 255 {
      shards[shard].counts[slot] += 1
      return UInt32(shards[shard].counts[slot])
    }
    let count = many[key, default: 255] + 1
    many[key] = count
    return count
  }

  private mutating func insert(_ key: UInt64, _ shard: Int, _ slot: Int) -> UInt32 {
    shards[shard].keys[slot] = key
    shards[shard].counts[slot] = 1
    shards[shard].used += 1
    // Beyond three quarters, searches grow long.
    if shards[shard].used * 4 > shards[shard].keys.count * 3 { shards[shard].grow() }
    return 1
  }
}
