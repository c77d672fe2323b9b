/// Keeps what was used last, up to a number of entries and of bytes.
///
/// A list through an array of places, newest first: every step is constant in time.
struct RecentCache<Value> {
  private struct Place {
    let key: String
    var value: Value
    let bytes: Int
    var newer: Int
    var older: Int
  }

  /// What an entry takes beside its key and value: its place in the list and in the dictionary.
  static var entryOverheadBytes: Int { MemoryLayout<Place>.stride + 64 }

  let entriesMax: Int
  let bytesMax: Int
  /// What is kept now, as it is counted against `bytesMax`.
  private(set) var bytes = 0
  /// Entries that went to make room.
  private(set) var evictions = 0
  var count: Int { places.count }

  private var places: [String: Int] = [:]
  private var list: [Place?] = []
  private var free: [Int] = []
  private var newest = -1
  private var oldest = -1

  init(entriesMax: Int, bytesMax: Int) {
    self.entriesMax = entriesMax
    self.bytesMax = bytesMax
  }

  /// What is kept under `key`, which is the newest from now on.
  mutating func value(_ key: String) -> Value? {
    guard let index = places[key], let place = list[index] else { return nil }
    if index != newest {
      unlink(place)
      link(place, at: index)
    }
    return place.value
  }

  /// Keeps `value` under `key`, in place of what was there; the oldest entries make room.
  mutating func set(_ key: String, _ value: Value) {
    remove(key)
    let size = key.utf8.count + Self.entryOverheadBytes
    guard entriesMax > 0, size <= bytesMax else { return }
    while count >= entriesMax || bytes + size > bytesMax, let last = place(oldest) {
      remove(last.key)
      evictions += 1
    }
    let index = free.popLast() ?? list.count
    if index == list.count { list.append(nil) }
    places[key] = index
    bytes += size
    link(Place(key: key, value: value, bytes: size, newer: -1, older: -1), at: index)
  }

  mutating func remove(_ key: String) {
    guard let index = places.removeValue(forKey: key), let place = list[index] else { return }
    unlink(place)
    list[index] = nil
    free.append(index)
    bytes -= place.bytes
  }

  private func place(_ index: Int) -> Place? { index < 0 ? nil : list[index] }

  private mutating func link(_ place: Place, at index: Int) {
    var place = place
    place.newer = -1
    place.older = newest
    if newest >= 0 { list[newest]?.newer = index } else { oldest = index }
    list[index] = place
    newest = index
  }

  private mutating func unlink(_ place: Place) {
    if place.newer >= 0 { list[place.newer]?.older = place.older } else { newest = place.older }
    if place.older >= 0 { list[place.older]?.newer = place.newer } else { oldest = place.newer }
  }
}
