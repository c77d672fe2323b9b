import Testing

@testable import App

@Suite struct RecentCacheTests {
  private var cache = RecentCache<Int>(entriesMax: 3, bytesMax: 100_000)

  @Test mutating func whatWasUsedLastStays() {
    for number in 1...3 { cache.set("\(number)", number) }
    #expect(cache.value("1") == 1)
    cache.set("4", 4)
    #expect(cache.value("2") == nil)
    #expect([cache.value("1"), cache.value("3"), cache.value("4")] == [1, 3, 4])
    #expect(cache.count == 3)
    #expect(cache.evictions == 1)
  }

  @Test mutating func aValueIsReplacedInPlace() {
    cache.set("a", 1)
    cache.set("a", 2)
    #expect(cache.value("a") == 2)
    #expect(cache.count == 1)
    cache.remove("a")
    #expect(cache.count == 0)
    #expect(cache.bytes == 0)
  }

  @Test mutating func bytesAreBoundedToo() {
    let size = 10 + RecentCache<Int>.entryOverheadBytes
    cache = RecentCache(entriesMax: 100, bytesMax: 2 * size)
    for number in 1...5 { cache.set("number-00\(number)", number) }
    #expect(cache.count == 2)
    #expect(cache.bytes == 2 * size)
    #expect(cache.value("number-005") == 5)
    cache.set(String(repeating: "x", count: 3 * size), 0)
    #expect(cache.count == 2)
  }

  @Test mutating func itKeepsTheSameAsAListThatIsSearched() {
    cache = RecentCache(entriesMax: 8, bytesMax: 1_000_000)
    var list: [(key: String, value: Int)] = []
    var generator = SystemRandomNumberGenerator()
    for step in 0..<5000 {
      let key = "\(Int.random(in: 0..<16, using: &generator))"
      let index = list.firstIndex { $0.key == key }
      switch Int.random(in: 0..<5, using: &generator) {
      case 0, 1:
        #expect(cache.value(key) == index.map { list[$0].value })
        if let index { list.insert(list.remove(at: index), at: 0) }
      case 2:
        cache.remove(key)
        if let index { list.remove(at: index) }
      default:
        cache.set(key, step)
        if let index { list.remove(at: index) }
        list.insert((key, step), at: 0)
        if list.count > 8 { list.removeLast() }
      }
      #expect(cache.count == list.count)
    }
  }
}
