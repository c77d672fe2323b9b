import Core

/// The buckets of all clients, in a table of one size.
///
/// A client whose bucket is full is not kept: it is as one that never came. A place is taken over
/// only when its bucket is full, so nobody gets tokens by being thrown out, and nobody throws out
/// another. Who finds no place shares one bucket with the others who find none. To keep a place
/// occupied costs as many requests as the limit allows, so to fill the table costs the full rate of
/// `clientsMax` clients.
///
/// Clients are known by a hash with a secret of this process: nobody outside can choose a place.
final class ClientTable: Sendable {
  /// How many clients have a bucket of their own: 1 MiB.
  static let clientsMax = shardCount * setCount * ways

  /// Parts with a lock of their own, so that threads seldom wait for each other.
  private static let shardCount = 64
  private static let setCount = 64
  /// The places that one client may be kept at.
  private static let ways = 16

  private struct Shard {
    var hashes = [UInt64](repeating: 0, count: setCount * ways)
    var fullAt = [Int64](repeating: 0, count: setCount * ways)
    /// The bucket of those who found no place.
    var sharedFullAt: Int64 = 0
    var sharedCount: UInt64 = 0

    /// The place of a client, one that is free where it has none; nil where none is.
    mutating func place(_ hash: UInt64, now: Int64) -> Int? {
      let first = Int(hash >> 52 & UInt64(setCount - 1)) * ways
      var free: Int?
      for index in first..<(first + ways) {
        if hashes[index] == hash { return index }
        if free == nil, fullAt[index] <= now { free = index }
      }
      guard let free else { return nil }
      hashes[free] = hash
      fullAt[free] = now
      return free
    }
  }

  private let shards = (0..<shardCount).map { _ in Guarded(Shard()) }

  /// Runs `body` with the moment at which the client's bucket is full.
  func withClient<Result>(
    _ client: RateLimitedClient, now: Int64, _ body: (inout Int64) -> Result
  ) -> Result {
    let hash = client.hash
    return shards[Int(hash >> 58)].withLock { shard in
      if let place = shard.place(hash, now: now) { return body(&shard.fullAt[place]) }
      shard.sharedCount += 1
      return body(&shard.sharedFullAt)
    }
  }

  /// How many requests found no place for their client.
  var sharedCount: UInt64 { shards.reduce(0) { $0 + $1.withLock(\.sharedCount) } }
}

/// Who is counted as one.
enum RateLimitedClient: Sendable, Hashable {
  case principal(Principal.Identity)
  /// Version 6 by its first 64 bits: who has one such address has all of them.
  case network(UInt64, UInt64)
  /// What is no address, such as a unix socket.
  case other(String)
  /// The same by address, for requests whose token was refused.
  indirect case refused(RateLimitedClient)

  init(address text: String) {
    guard let address = IPAddress(text) else {
      self = .other(text)
      return
    }
    self = .network(address.high, address.isVersion4 ? address.low : 0)
  }

  /// Never zero, which stands for a place that was never taken.
  fileprivate var hash: UInt64 {
    var hasher = Hasher()
    hasher.combine(self)
    return UInt64(bitPattern: Int64(hasher.finalize())) | 1
  }
}
